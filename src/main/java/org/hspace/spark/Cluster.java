package org.hspace.spark;

import java.io.Serializable;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.CollectionAccumulator;
import org.hspace.HspaceException;
import org.hspace.OneLine;
import org.hspace.pipeline.Progress;

/** The Spark application, which the first work that needs it begins. */
final class Cluster implements AutoCloseable {
  private static final Pattern OURS = Pattern.compile("org\\.hspace\\.HspaceException: ([^\\n]*)");

  private final ClusterOptions options;
  private SparkSession session;
  private boolean own;
  private JavaSparkContext context;
  private CollectionAccumulator<String> machines;

  Cluster(ClusterOptions options) {
    this.options = options;
  }

  ClusterOptions options() {
    return options;
  }

  /**
   * The session, begun with what the engine needs where the user says nothing else.
   *
   * @throws HspaceException when there is no master
   */
  SparkSession session() {
    if (session != null) return session;
    own = SparkSession.getActiveSession().isEmpty();
    SparkConf conf = new SparkConf();
    if (!conf.contains("spark.master")) {
      throw new HspaceException(
          "master: expected one from spark-submit (--master), for instance local[4], found none");
    }
    conf.setIfMissing("spark.app.name", "hspace");
    conf.setIfMissing("spark.log.level", "WARN");
    // One engine an executor, a task at a time: the operators have its cores.
    conf.setIfMissing("spark.task.cpus", conf.get("spark.executor.cores", "1"));
    // OpenBLAS would start a pool beside OpenMP's, whose threads wait awake unless told not to.
    conf.setIfMissing("spark.executorEnv.OPENBLAS_NUM_THREADS", "1");
    conf.setIfMissing("spark.executorEnv.GOMP_SPINCOUNT", "10000");
    // States of large models are as long as the driver's memory allows.
    conf.setIfMissing("spark.driver.maxResultSize", "0");
    try {
      SparkSession begun = SparkSession.builder().config(conf).getOrCreate();
      context = JavaSparkContext.fromSparkContext(begun.sparkContext());
      machines = context.sc().collectionAccumulator("machines");
      session = begun;
      return session;
    } catch (Exception e) {
      throw failed(conf.get("spark.master"), e);
    }
  }

  /**
   * Runs a job, a partition an element.
   *
   * @throws HspaceException what a task threw, or why there is no cluster
   */
  <T, R> R run(List<T> work, Function<JavaRDD<T>, R> job) {
    session();
    try {
      return job.apply(context.parallelize(work, work.size()));
    } catch (Exception e) {
      String text = String.valueOf(e.getMessage());
      Matcher ours = OURS.matcher(text);
      if (ours.find()) throw new HspaceException(ours.group(1), e);
      if (e instanceof SparkException || context.sc().isStopped()) { // an executor or the cluster
        throw failed(context.master(), e);
      }
      throw e;
    }
  }

  /** Tasks that run at a time, as far as is known. */
  int parallelism() {
    session();
    return Math.max(
        1, context.defaultParallelism() / context.sc().conf().getInt("spark.task.cpus", 1));
  }

  private static HspaceException failed(String master, Exception e) {
    return new HspaceException(
        "Spark, master %s: %s (Spark's own messages before say more)"
            .formatted(master, OneLine.first(e)),
        e);
  }

  /** Gives a value to all executors, once each. */
  <V> Broadcast<V> broadcast(V value) {
    session();
    return context.broadcast(value);
  }

  /** Where tasks that end well say what machine they ran on. */
  Visited visited() {
    session();
    return new Visited(machines);
  }

  /** The machines that tasks ran on so far. */
  List<String> machines() {
    return machines == null ? List.of() : machines.value().stream().distinct().sorted().toList();
  }

  /** Heard of by the driver when the task ends well. */
  record Visited(CollectionAccumulator<String> machines) implements Serializable {
    void here() {
      machines.add(Engine.machine());
    }
  }

  /** Of a task: nobody listens, but a task that is killed stops between two steps. */
  static Progress untilKilled() {
    TaskContext task = TaskContext.get();
    return new Progress() {
      @Override
      public void update(long done, long total, String unit) {}

      @Override
      public boolean cancelled() {
        return task != null && task.isInterrupted();
      }
    };
  }

  @Override
  public void close() {
    if (session != null && own) session.stop();
  }
}

package org.hspace.spark;

import java.io.Serializable;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.api.java.function.Function2;
import scala.Tuple2;

/**
 * Merges states in a tree, as Spark's {@code treeAggregate} does, but always in the same order:
 * that takes what comes first, and floating-point sums of another order have other last bits.
 */
final class OrderedTree {
  /** States that one task merges. */
  static final int WIDTH = 8;

  private OrderedTree() {}

  /**
   * Merges the states of an RDD.
   *
   * @param states one a partition
   * @param merge the sum of states, in the order in which they come
   */
  static <S> S merge(JavaRDD<S> states, Function<Iterator<S>, S> merge) {
    int count = states.getNumPartitions();
    JavaPairRDD<Integer, S> level =
        states.mapPartitionsWithIndex(new Numbered<>(), false).mapToPair(pair -> pair);
    while (count > 1) {
      int next = (count + WIDTH - 1) / WIDTH;
      level =
          level
              .repartitionAndSortWithinPartitions(new Neighbours(next))
              .mapPartitionsToPair(
                  pairs -> {
                    if (!pairs.hasNext()) return Collections.emptyIterator();
                    InOrder<S> inOrder = new InOrder<>(pairs);
                    S merged = merge.call(inOrder);
                    return List.of(new Tuple2<>(inOrder.group, merged)).iterator();
                  });
      count = next;
    }
    return level.values().first();
  }

  /** Pairs each state with the number of its partition. */
  private static final class Numbered<S>
      implements Function2<Integer, Iterator<S>, Iterator<Tuple2<Integer, S>>> {
    @Override
    public Iterator<Tuple2<Integer, S>> call(Integer partition, Iterator<S> states) {
      return List.of(new Tuple2<>(partition, states.next())).iterator();
    }
  }

  /** The states of sorted pairs, and the number that their sum has. */
  private static final class InOrder<S> implements Iterator<S> {
    private final Iterator<Tuple2<Integer, S>> pairs;
    private int group;

    InOrder(Iterator<Tuple2<Integer, S>> pairs) {
      this.pairs = pairs;
    }

    @Override
    public boolean hasNext() {
      return pairs.hasNext();
    }

    @Override
    public S next() {
      Tuple2<Integer, S> pair = pairs.next();
      group = pair._1() / WIDTH;
      return pair._2();
    }
  }

  /** Neighbouring numbers go to the same partition. */
  private static final class Neighbours extends Partitioner implements Serializable {
    private final int partitions;

    Neighbours(int partitions) {
      this.partitions = partitions;
    }

    @Override
    public int numPartitions() {
      return partitions;
    }

    @Override
    public int getPartition(Object number) {
      return (Integer) number / WIDTH;
    }
  }
}

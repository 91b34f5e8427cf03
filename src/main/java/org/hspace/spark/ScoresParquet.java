package org.hspace.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.hspace.directions.Annotations;

/**
 * The table of annotations as Parquet: {@code seed}, a float an attribute, and in every row the
 * {@code provenance} as JSON, which Parquet stores once.
 */
final class ScoresParquet {
  private ScoresParquet() {}

  /**
   * Writes it; what is there is replaced.
   *
   * @param uri on any file system that Spark knows
   */
  static void write(Annotations annotations, SparkSession session, String uri) {
    List<StructField> fields = new ArrayList<>();
    fields.add(DataTypes.createStructField("seed", DataTypes.LongType, false));
    for (String label : annotations.labels())
      fields.add(DataTypes.createStructField(label, DataTypes.FloatType, false));
    fields.add(DataTypes.createStructField("provenance", DataTypes.StringType, false));
    String provenance = annotations.provenance().toJson();
    long[] seeds = annotations.seeds();
    List<double[]> columns = annotations.labels().stream().map(annotations::scores).toList();
    List<Row> rows =
        IntStream.range(0, seeds.length)
            .mapToObj(
                i -> {
                  List<Object> cells = new ArrayList<>(List.of(seeds[i]));
                  for (double[] column : columns) cells.add((float) column[i]);
                  cells.add(provenance);
                  return RowFactory.create(cells.toArray());
                })
            .toList();
    StructType schema = DataTypes.createStructType(fields);
    try {
      session
          .createDataFrame(rows, schema)
          .coalesce(1)
          .write()
          .mode(SaveMode.ErrorIfExists)
          .parquet(uri);
    } catch (RuntimeException e) {
      throw HadoopCopy.failed("--parquet", uri, e);
    }
  }
}

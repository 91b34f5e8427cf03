package org.hspace.evaluate;

/** Running means and standard deviations of several figures (Welford). */
final class Moments {
  private final double[] mean;
  private final double[] squares; // Σ (x - mean)²
  private long count;

  Moments(int figures) {
    mean = new double[figures];
    squares = new double[figures];
  }

  void add(double[] values) {
    count++;
    for (int i = 0; i < mean.length; i++) {
      double away = values[i] - mean[i];
      mean[i] += away / count;
      squares[i] += away * (values[i] - mean[i]);
    }
  }

  double[] means() {
    return mean.clone();
  }

  /** Sample standard deviations; 0 for a single observation. */
  double[] deviations() {
    double[] sd = new double[mean.length];
    for (int i = 0; i < sd.length; i++) sd[i] = count < 2 ? 0 : Math.sqrt(squares[i] / (count - 1));
    return sd;
  }
}

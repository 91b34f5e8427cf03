/**
 * PCA, annotation and evaluation on Apache Spark: work is ranges of seeds, an executor holds one
 * model, and what comes back is states that merge, in an order of its own, so that the same ranges
 * give the same bits however often a task runs again. Spark is the cluster's; nothing else needs
 * it.
 */
package org.hspace.spark;

package org.hspace.directions;

import org.hspace.HspaceException;

/**
 * How the direction of an attribute is made of annotations.
 *
 * @param attribute whose direction
 * @param examples highest and lowest samples each, n
 * @param balance an attribute of which both sides get as many from its upper as from its lower
 *     half; null for none
 * @param regression whether h is regressed on all attributes at once, instead of taking the
 *     extremes' mean difference
 */
public record AttributeOptions(String attribute, int examples, String balance, boolean regression) {
  private static final int EXAMPLES = 100;

  public AttributeOptions {
    if (examples < 1) throw new HspaceException("examples: expected at least 1, found " + examples);
    if (attribute.equals(balance)) {
      throw new HspaceException(
          "balance: expected another attribute than " + attribute + " itself");
    }
  }

  /** The paper's code: the 100 highest against the 100 lowest. */
  public static AttributeOptions of(String attribute) {
    return new AttributeOptions(attribute, EXAMPLES, null, false);
  }

  /** As many as the paper's code, or half of few samples. */
  public static int examples(Annotations annotations) {
    return Math.min(EXAMPLES, annotations.size() / 2);
  }
}

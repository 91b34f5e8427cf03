package org.hspace.studio;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.app.Subject;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Window;

/** An edit as one direction, whose strength 1 it is. */
record CombinedEdit(Model model, SamplingOptions sampling, Shelf shelf) {
  /**
   * Combines.
   *
   * @param name of the direction
   * @return to be closed by the caller
   */
  DirectionSet of(String name, List<PictureRequest.Term> terms, Session session) {
    try (PointerScope scope = new PointerScope();
        Direction sum = combined(name, terms, session)) {
      return DirectionSet.of(List.of(sum), new double[] {1}, provenance(terms));
    }
  }

  /**
   * On the session's own timesteps: some directions have one Δh for all, and windows are of steps.
   */
  private Direction combined(String name, List<PictureRequest.Term> terms, Session session) {
    int[] timesteps = session.subject().trajectory(Subject.Quality.FULL).lattice().timesteps();
    List<Direction> parts = new ArrayList<>();
    try {
      for (PictureRequest.Term term : terms) {
        Direction found = session.direction(term.direction(), shelf);
        Direction whole =
            new Direction(name, found.onLattice(timesteps), timesteps, found.hSpace());
        parts.add(whole);
        if (!term.window().equals(Window.ALL))
          parts.set(parts.size() - 1, DirectionAlgebra.window(whole, term.window()));
      }
      return DirectionAlgebra.combine(
          name, parts, terms.stream().mapToDouble(PictureRequest.Term::strength).toArray());
    } finally {
      parts.forEach(Direction::close);
    }
  }

  private Provenance provenance(List<PictureRequest.Term> terms) {
    List<Map<String, Object>> parts = new ArrayList<>();
    for (PictureRequest.Term term : terms) {
      Map<String, Object> part = new LinkedHashMap<>();
      part.put("direction", term.direction());
      part.put("strength", term.strength());
      if (!term.window().equals(Window.ALL)) part.put("window", term.window().toString());
      parts.add(part);
    }
    return Provenance.ofSamples(model, sampling, new long[0])
        .ofDirections("combined", Map.of("parts", parts));
  }
}

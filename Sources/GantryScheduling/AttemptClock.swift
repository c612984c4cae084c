// How long the running input of one lane has been seen to run. No clock of a container is believed: what counts is the
// driver's own time since it first saw that input run. Told what was read; decides nothing about what follows.

/// Measures one attempt at a time.
package struct AttemptClock: Sendable {
  private var seen: LaneProgress?
  private var taken: UInt64 = 0
  private var since: UInt64 = 0

  package init() {}

  /// Looks at a lane: when its running input was first seen to run, nil while none runs.
  ///
  /// `taken` is how many bytes of records were taken from it. A container publishes nothing while its function runs:
  /// when something came although it stands at the same input, the function has returned, and what takes its time is
  /// the way of its output. `now` must have been read after `progress`, so that no attempt seems longer than it is.
  package mutating func look(at progress: LaneProgress, taken: UInt64, now: UInt64) -> UInt64? {
    guard progress.isRunning else {
      seen = nil
      return nil
    }
    if progress != seen || taken != self.taken {
      seen = progress
      self.taken = taken
      since = now
    }
    return since
  }
}

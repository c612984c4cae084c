// How long the running input of one lane has been seen to run. No clock of a container is believed: what counts is the
// driver's own time since it first saw that input run. Told what was read; decides nothing about what follows.

/// Measures one attempt at a time.
package struct AttemptClock: Sendable {
  private var seen: LaneProgress?
  private var taken: UInt64 = 0
  private var since: UInt64 = 0

  package init() {}

  /// Inputs that were seen to begin.
  package private(set) var begun: UInt64 = 0

  /// Looks at a lane: when its running input was first seen to run, nil while none runs.
  ///
  /// `taken` is how many bytes of records were taken from it. A container publishes nothing while its function runs:
  /// when something came although it stands at the same input, the function has returned, and what takes its time is
  /// the way of its output. `now` must have been read after `progress`, so that no attempt seems longer than it is.
  /// `isPossible`: the container has that input. A correct one goes forward only: one that names an input behind the
  /// last, or none of its own, wins no time by that.
  package mutating func look(at progress: LaneProgress, isPossible: Bool, taken: UInt64, now: UInt64)
    -> UInt64?
  {
    guard progress.isRunning else { return nil }
    if taken != self.taken || seen == nil || (isPossible && isAhead(progress)) {
      seen = progress
      self.taken = taken
      since = now
      begun += 1
    }
    return since
  }

  private func isAhead(_ progress: LaneProgress) -> Bool {
    guard let seen else { return true }
    guard progress.tag == seen.tag else { return (progress.tag &- seen.tag) & 0x7fff_ffff < 0x4000_0000 }
    return progress.input > seen.input
  }
}

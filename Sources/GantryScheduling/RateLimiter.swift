// At most so many starts in any span of a given length, whoever runs them. No clock: time is passed in.
//
// A start happens some time after it was granted, and is observed some time after it happened. So a grant keeps its
// place until a whole span after it was *observed*: whoever gets the place then starts a whole span after the start it
// follows. Of any count + 1 starts, the one granted last took the place of another; so they never lie in one span.

/// The grants of one function.
package struct RateLimiter: Sendable {
  package let count: Int
  package let span: UInt64
  /// Grants whose start was not observed yet.
  package private(set) var unseen = 0
  /// When places are free again, soonest first.
  private var releases = Fifo<UInt64>()

  package init(count: Int, span: UInt64) {
    self.count = count
    self.span = span
  }

  /// How many inputs may start now.
  package mutating func available(now: UInt64) -> Int {
    while let release = releases.first, release < now { releases.popFirst() }
    return count - unseen - releases.count
  }

  /// Takes a place for an input that is about to start; only while some are available.
  package mutating func grant() {
    unseen += 1
  }

  /// Notes that a granted input has started, at `time` at the latest.
  package mutating func observe(at time: UInt64) {
    precondition(unseen > 0, "A start was observed that nobody was granted.")
    unseen -= 1
    let (release, overflow) = time.addingReportingOverflow(span)
    // In order, and never too soon.
    releases.append(max(releases.last ?? 0, overflow ? .max : release))
  }

  /// When a place will be free, if none is and all starts so far were observed; else an observation comes first.
  package func next() -> UInt64? { releases.first.map { $0 == .max ? $0 : $0 + 1 } }
}

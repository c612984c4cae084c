// Since when the inputs of one lane have been seen to be claimed, where each is begun as it is claimed. Positions are
// claimed in order, so one mark a look is enough. Told what was read; no clock of a container is believed.

/// Measures the inputs of a container that runs several at once.
package struct ClaimClock: Sendable {
  private struct Mark: Sendable {
    /// Descriptors claimed, free-running.
    var claimed: UInt64
    var at: UInt64
  }
  private var marks = Fifo<Mark>()

  package init() {}

  /// Notes how many descriptors are claimed; `now` was read after it.
  package mutating func note(claimed: UInt64, now: UInt64) {
    if let last = marks.last, Int64(bitPattern: claimed &- last.claimed) <= 0 { return }
    marks.append(Mark(claimed: claimed, at: now))
  }

  /// When the descriptor at a position was first seen to be claimed; nil: it was not.
  ///
  /// Forgets what is older: ask for the oldest that is not accounted for.
  package mutating func start(of position: UInt64) -> UInt64? {
    while let first = marks.first, Int64(bitPattern: first.claimed &- position) <= 0 { marks.popFirst() }
    return marks.first?.at
  }

  /// One past the last descriptor that was seen to be claimed by a time; nil: none was.
  package func claimed(by time: UInt64) -> UInt64? {
    var claimed: UInt64?
    for index in 0..<marks.count where marks[index].at <= time { claimed = marks[index].claimed }
    return claimed
  }

  /// Forgets what was seen of claims from a position on: they may be withdrawn after descriptors were taken back.
  package mutating func distrust(from position: UInt64) {
    var clipped: Mark?
    while let last = marks.last, Int64(bitPattern: last.claimed &- position) > 0 {
      clipped = last
      marks.popLast()
    }
    guard var clipped else { return }
    clipped.claimed = position
    if let last = marks.last, Int64(bitPattern: position &- last.claimed) <= 0 { return }
    marks.append(clipped)
  }
}

// Helpers of the scheduling tests: short spellings of what containers say.
// Everything is deterministic; a failing seed fails again.

@testable import GantryScheduling

extension RecordFacts {
  static func outputs(
    _ inputs: Range<UInt32>, at position: UInt64, last: Bool = false
  ) -> RecordFacts {
    RecordFacts(
      kind: .outputs, position: position, first: inputs.lowerBound, count: UInt32(inputs.count), isLast: last)
  }

  static func one(
    _ kind: Kind, _ input: UInt32, at position: UInt64, last: Bool = false
  ) -> RecordFacts {
    RecordFacts(kind: kind, position: position, first: input, count: 1, isLast: last)
  }
}

extension LaneProgress {
  static func running(_ input: UInt32, at position: UInt64) -> LaneProgress {
    LaneProgress(tag: LaneProgress.tag(of: position), input: input, isRunning: true)
  }

  static func idle(_ input: UInt32, at position: UInt64) -> LaneProgress {
    LaneProgress(tag: LaneProgress.tag(of: position), input: input, isRunning: false)
  }
}

extension LaneLedger {
  /// All entries, oldest first.
  var allEntries: [Entry] { (0..<entries.count).map { entries[$0] } }
}

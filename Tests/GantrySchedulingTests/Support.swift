// Helpers of the scheduling tests: a seeded generator, and short spellings of what containers say.
// Everything is deterministic; a failing seed fails again.

@testable import GantryScheduling

/// A seeded generator (SplitMix64): the same sequence on every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

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

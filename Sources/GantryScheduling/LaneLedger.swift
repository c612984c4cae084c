// The driver's private book of one lane: which ranges of which chunks its container was given, and what became of
// every input in them. No clock, no I/O, no shared memory: it is told what was read there and says what follows.
// Each input leaves the book exactly once: accepted, harvested, given back, or named as the culprit of a death.

/// A range of a chunk's inputs, as a descriptor names it.
@_documentation(visibility: internal)
public struct Piece: Equatable, Sendable {
  package var chunk: Int
  package var inputs: Range<UInt32>

  package init(chunk: Int, inputs: Range<UInt32>) {
    self.chunk = chunk
    self.inputs = inputs
  }
}

/// Where a container says it stands.
package struct LaneProgress: Equatable, Sendable {
  package var tag: UInt32
  package var input: UInt32
  package var isRunning: Bool

  package init(tag: UInt32, input: UInt32, isRunning: Bool) {
    self.tag = tag
    self.input = input
    self.isRunning = isRunning
  }

  /// The tag of a descriptor's position.
  package static func tag(of position: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: position & 0x7fff_ffff)
  }
}

/// What a record's header says, already checked for form.
package struct RecordFacts: Equatable, Sendable {
  /// How far a record moves its descriptor.
  package enum Kind: Sendable {
    /// Outputs of `count` inputs.
    case outputs
    /// The one output, error or refusal of one input.
    case single
    /// A piece of one input's output; more follow.
    case piece
  }

  package var kind: Kind
  package var position: UInt64
  package var first: UInt32
  package var count: UInt32
  package var isLast: Bool

  package init(kind: Kind, position: UInt64, first: UInt32, count: UInt32, isLast: Bool) {
    self.kind = kind
    self.position = position
    self.first = first
    self.count = count
    self.isLast = isLast
  }
}

/// A container claimed what no correct container can claim.
package struct LedgerViolation: Error, Equatable {
  package let what: String
}

/// What one container was given and has not accounted for.
///
/// Public, with what turns ask most often inlinable: otherwise each question would copy the book.
@_documentation(visibility: internal)
public struct LaneLedger {
  /// One published descriptor.
  public struct Entry: Equatable, Sendable {
    package let position: UInt64
    package let chunk: Int
    package let first: UInt32
    /// One past the last input the container may run.
    package internal(set) var end: UInt32
    /// The lowest end ever written to the descriptor: where the container may have stopped.
    package internal(set) var lowestEnd: UInt32
    /// Inputs before it came in records.
    package internal(set) var published: UInt32
    /// Inputs before it came in records or were harvested.
    package internal(set) var accounted: UInt32

    package var piece: Piece { Piece(chunk: chunk, inputs: first..<end) }
  }

  /// What it was given and has not left, oldest first.
  public internal(set) var entries = Fifo<Entry>()
  /// Inputs in the lane that are not accounted for.
  public internal(set) var inputs = 0
  /// Where several inputs run at once: the descriptor of whose output pieces have come, and more will.
  var pieceOf: UInt64?

  package init() {}

  /// Whether it has nothing left to do.
  @inlinable
  public var isEmpty: Bool { entries.isEmpty }

  /// Whether the descriptor at a position is not accounted for.
  package func contains(_ position: UInt64) -> Bool { index(of: position) != nil }

  /// The place of a descriptor among the entries, which stand in order and may have gaps.
  func index(of position: UInt64) -> Int? {
    guard let base = entries.first?.position else { return nil }
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].position &- base < position &- base { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].position == position ? low : nil
  }

  /// Notes a published descriptor.
  package mutating func publish(_ piece: Piece, at position: UInt64) {
    entries.append(
      Entry(
        position: position, chunk: piece.chunk, first: piece.inputs.lowerBound, end: piece.inputs.upperBound,
        lowestEnd: piece.inputs.upperBound, published: piece.inputs.lowerBound,
        accounted: piece.inputs.lowerBound))
    inputs += piece.inputs.count
  }

  // MARK: Records

  /// What an accepted record brings.
  package struct Accepted: Equatable {
    package var chunk: Int
    /// Inputs that are accounted for now and were not before.
    package var fresh: Range<UInt32>
    /// Outputs at the front of the record that were harvested before.
    package var skipped: UInt32
    /// Whether the container has left the descriptor.
    package var isFinished: Bool
    /// Inputs it left without running them.
    package var returned: Range<UInt32>
    /// Inputs before it have come in records, with this one.
    var published: UInt32
  }

  /// Enters a record that was judged.
  package mutating func enter(_ accepted: Accepted) {
    inputs -= accepted.fresh.count + accepted.returned.count
    guard !accepted.isFinished else {
      entries.popFirst()
      return
    }
    var entry = entries[0]
    entry.published = accepted.published
    entry.accounted = accepted.fresh.upperBound
    entries[0] = entry
  }

  /// Checks a record against the book, and says what it would bring.
  package func judge(_ record: RecordFacts) throws(LedgerViolation) -> Accepted {
    guard let entry = entries.first else { throw LedgerViolation(what: "a record for no descriptor") }
    guard record.position == entry.position else {
      throw LedgerViolation(what: "a record for descriptor \(record.position) instead of \(entry.position)")
    }
    guard record.first == entry.published, record.count <= entry.end - entry.published else {
      throw LedgerViolation(
        what:
          "a record for \(record.count) inputs from \(record.first), where \(entry.published)..<\(entry.end) were left"
      )
    }
    // Nothing is published but outcomes, or the end of a descriptor: records without either could come for ever.
    guard record.count > 0 || record.isLast else {
      throw LedgerViolation(what: "a record for no input that does not leave its descriptor")
    }
    guard record.kind == .outputs || record.count == 1 else {
      throw LedgerViolation(what: "a record for \(record.count) inputs where one was due")
    }
    guard record.kind != .piece || !record.isLast else {
      throw LedgerViolation(
        what: "a piece of input \(record.first) that is the last record of its descriptor")
    }
    let upper = record.first + record.count
    // What was harvested lies in the open record, so the next record covers it, and as outputs.
    guard upper >= entry.accounted, record.kind == .outputs || entry.accounted == entry.published else {
      throw LedgerViolation(
        what: "a record for \(record.first)..<\(upper), where outputs up to \(entry.accounted) were complete")
    }
    guard !record.isLast || upper >= entry.lowestEnd else {
      throw LedgerViolation(what: "a descriptor left at \(upper) of \(entry.end)")
    }
    let published = record.kind == .piece ? entry.published : upper
    let accounted = max(entry.accounted, published)
    let fresh = entry.accounted..<accounted
    return Accepted(
      chunk: entry.chunk, fresh: fresh,
      skipped: record.kind == .piece ? 0 : record.count - UInt32(fresh.count),
      isFinished: record.isLast, returned: record.isLast ? accounted..<entry.end : published..<published,
      published: published)
  }

  // MARK: Harvest and split

  /// The finished inputs whose outputs lie unpublished in the open record, and where in it they begin.
  package struct Harvest: Equatable {
    package var chunk: Int
    package var fresh: Range<UInt32>
    /// Outputs that stand before them in the open record.
    package var skipped: UInt32
  }

  /// What can be harvested at this progress; nil when there is nothing.
  package func harvest(at progress: LaneProgress) -> Harvest? {
    guard let entry = entries.first, progress.tag == LaneProgress.tag(of: entry.position),
      progress.input > entry.accounted, progress.input <= entry.end
    else { return nil }
    return Harvest(
      chunk: entry.chunk, fresh: entry.accounted..<progress.input, skipped: entry.accounted - entry.published)
  }

  /// Enters a harvest.
  package mutating func take(_ harvest: Harvest) {
    guard !entries.isEmpty else { return }
    entries[0].accounted = harvest.fresh.upperBound
    inputs -= harvest.fresh.count
  }

  /// The end to try for so that everything behind the running input comes back; nil when nothing is behind it.
  package func splitPoint(at progress: LaneProgress) -> (position: UInt64, end: UInt32)? {
    guard let entry = entries.first, progress.tag == LaneProgress.tag(of: entry.position), progress.isRunning,
      progress.input >= entry.first, progress.input < entry.end, entry.end - progress.input > 1,
      // A progress behind what was handed over is a lie; what is accounted for must not come back.
      progress.input + 1 >= entry.accounted
    else { return nil }
    return (entry.position, progress.input + 1)
  }

  /// Decides a split by the progress read after the barrier, nil if the barrier failed.
  ///
  /// Nothing freed: the container may have passed that end; the caller restores the returned one.
  package mutating func split(at end: UInt32, confirmedBy progress: LaneProgress?) -> (
    freed: Piece?, end: UInt32
  ) {
    guard var entry = entries.first else { return (nil, end) }
    entry.lowestEnd = min(entry.lowestEnd, end)
    guard let progress, progress.tag == LaneProgress.tag(of: entry.position), progress.input >= entry.first,
      progress.input < end || (progress.input == end && !progress.isRunning)
    else {
      entries[0] = entry
      return (nil, entry.end)
    }
    let freed = Piece(chunk: entry.chunk, inputs: end..<entry.end)
    entry.end = end
    entries[0] = entry
    inputs -= freed.inputs.count
    return (freed, end)
  }

  // MARK: Taking back and death

  /// Removes the descriptors from `position` on, which are provably unclaimed.
  package mutating func revoke(from position: UInt64) -> [Piece] {
    var pieces: [Piece] = []
    while let entry = entries.last, Int64(bitPattern: entry.position &- position) >= 0 {
      entries.popLast()
      inputs -= Int(entry.end - entry.accounted)
      pieces.append(Piece(chunk: entry.chunk, inputs: entry.accounted..<entry.end))
    }
    return pieces.reversed()
  }

  /// What a death leaves to do, after all records and the open record were taken.
  package struct Obituary: Equatable {
    /// The input that was running.
    package var culprit: Piece?
    /// What was not run, or not accounted for.
    package var redeliver: [Piece]
    /// The chunks of descriptors that are no longer held, one for each.
    package var released: [Int]
  }

  /// Closes the book of a dead container.
  package mutating func close(claimed: UInt64, at progress: LaneProgress) -> Obituary {
    var obituary = Obituary(culprit: nil, redeliver: [], released: [])
    while let entry = entries.popFirst() {
      let isOldest = obituary.released.isEmpty
      obituary.released.append(entry.chunk)
      var rest = entry.accounted..<entry.end
      let begun =
        isOldest && claimed == entry.position &+ 1 && progress.tag == LaneProgress.tag(of: entry.position)
      if begun, progress.isRunning, rest.contains(progress.input) {
        if rest.lowerBound < progress.input {
          obituary.redeliver.append(Piece(chunk: entry.chunk, inputs: rest.lowerBound..<progress.input))
        }
        obituary.culprit = Piece(chunk: entry.chunk, inputs: progress.input..<(progress.input + 1))
        rest = (progress.input + 1)..<entry.end
      }
      if !rest.isEmpty { obituary.redeliver.append(Piece(chunk: entry.chunk, inputs: rest)) }
    }
    inputs = 0
    return obituary
  }
}

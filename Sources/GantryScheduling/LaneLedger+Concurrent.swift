// The book of a lane whose container runs several inputs at once: each descriptor has one input, and the outcomes come
// in any order. Progress says nothing there, so such a lane is never harvested or split.

extension LaneLedger {
  /// Checks a record that may be of any claimed descriptor, and says what it would bring; `claimed` is how many
  /// descriptors the container has claimed, free-running.
  package func judge(_ record: RecordFacts, amid claimed: UInt64) throws(LedgerViolation) -> Accepted {
    guard let index = index(of: record.position) else {
      throw LedgerViolation(what: "a record for descriptor \(record.position), which it does not have")
    }
    guard Int64(bitPattern: claimed &- record.position) > 0 else {
      throw LedgerViolation(what: "a record for descriptor \(record.position) without a claim")
    }
    let entry = entries[index]
    guard record.first == entry.first, record.count == 1 else {
      throw LedgerViolation(
        what: "a record for \(record.count) inputs from \(record.first), where \(entry.first) was due")
    }
    guard record.isLast == (record.kind != .piece) else {
      throw LedgerViolation(what: "a record that leaves the one input of its descriptor halfway")
    }
    guard pieceOf == nil || pieceOf == record.position else {
      throw LedgerViolation(what: "a record amid the pieces of another output")
    }
    let fresh = entry.first..<(record.isLast ? entry.end : entry.first)
    return Accepted(
      chunk: entry.chunk, fresh: fresh, skipped: 0, isFinished: record.isLast,
      returned: fresh.upperBound..<fresh.upperBound, published: fresh.upperBound)
  }

  /// Enters a record that was judged.
  package mutating func enter(_ record: RecordFacts) {
    guard record.isLast else {
      pieceOf = record.position
      return
    }
    pieceOf = nil
    guard let index = index(of: record.position) else { return }
    entries.remove(at: index)
    inputs -= 1
  }

  /// An input that was begun when its container died.
  package struct Suspect: Equatable, Sendable {
    package var position: UInt64
    package var piece: Piece
  }

  /// Closes the book of a dead container: what it had begun and not accounted for is suspect, the rest goes back.
  package mutating func close(claimed: UInt64) -> (suspects: [Suspect], obituary: Obituary) {
    var suspects: [Suspect] = []
    var obituary = Obituary(culprit: nil, redeliver: [], released: [])
    while let entry = entries.popFirst() {
      obituary.released.append(entry.chunk)
      if Int64(bitPattern: claimed &- entry.position) > 0 {
        suspects.append(Suspect(position: entry.position, piece: entry.piece))
      } else {
        obituary.redeliver.append(entry.piece)
      }
    }
    inputs = 0
    pieceOf = nil
    return (suspects, obituary)
  }
}

// Every order in which a container that runs several inputs can claim, publish and die: each input leaves the book
// once, and of a dead container's those that were begun are suspects. What no honest container writes is refused.

import Testing

@testable import GantryScheduling

/// What one input ends with: an output, a thrown error, or an output of two pieces.
private enum Ending: UInt8, CaseIterable { case output, single, large }

/// A lane of some inputs, of which a container claims one after the other and runs at most so many at a time.
private struct World: Hashable {
  static let inputs = 4
  static let atATime = 3
  let base: UInt64
  var published = 0
  var claimed = 0
  /// 0: not ended, 1: its first piece is out, 2: ended.
  var states = [UInt8](repeating: 0, count: World.inputs)

  var running: [Int] { (0..<claimed).filter { states[$0] < 2 } }
  /// The input whose pieces come.
  var inPieces: Int? { states.firstIndex(of: 1) }
}

struct ConcurrentLedgerTests {
  private func record(_ world: World, _ input: Int, _ kind: RecordFacts.Kind, isLast: Bool) -> RecordFacts {
    RecordFacts(
      kind: kind, position: world.base &+ UInt64(input), first: UInt32(10 + input), count: 1, isLast: isLast)
  }

  private func piece(_ input: Int) -> Piece {
    Piece(chunk: 100 + input, inputs: UInt32(10 + input)..<UInt32(11 + input))
  }

  /// Checks a state, its deaths and its lies, and goes on to all that may follow.
  private func visit(_ world: World, _ ledger: LaneLedger, _ seen: inout Set<World>) throws {
    guard seen.insert(world).inserted else { return }
    let claimed = world.base &+ UInt64(world.claimed)
    let open = (0..<world.published).filter { world.states[$0] < 2 }
    #expect(ledger.inputs == open.count)
    for input in 0..<World.inputs {
      #expect(ledger.contains(world.base &+ UInt64(input)) == open.contains(input))
    }

    var dying = ledger
    let (suspects, obituary) = dying.close(claimed: claimed)
    #expect(suspects.map(\.piece) == world.running.map(piece))
    #expect(obituary.redeliver == open.filter { $0 >= world.claimed }.map(piece))
    #expect(obituary.released == open.map { 100 + $0 } && obituary.culprit == nil)
    #expect(dying.isEmpty && dying.inputs == 0)

    try checkLies(world, ledger, claimed)

    if world.published < World.inputs {
      var (next, book) = (world, ledger)
      book.publish(piece(world.published), at: world.base &+ UInt64(world.published))
      next.published += 1
      try visit(next, book, &seen)
    }
    if world.claimed < world.published, world.running.count < World.atATime {
      var next = world
      next.claimed += 1
      try visit(next, ledger, &seen)
    }
    for input in world.running {
      for ending in Ending.allCases {
        guard world.inPieces == nil || (world.inPieces == input && ending == .large) else { continue }
        var (next, book) = (world, ledger)
        let isLast = ending != .large || world.states[input] == 1
        let kind: RecordFacts.Kind = ending == .output ? .outputs : isLast ? .single : .piece
        let accepted = try book.accept(record(world, input, kind, isLast: isLast), amid: claimed)
        #expect(accepted.chunk == 100 + input && accepted.isFinished == isLast)
        #expect(accepted.fresh == (isLast ? piece(input).inputs : UInt32(10 + input)..<UInt32(10 + input)))
        #expect(accepted.returned.isEmpty && accepted.skipped == 0)
        next.states[input] = isLast ? 2 : 1
        try visit(next, book, &seen)
      }
    }
  }

  private func checkLies(_ world: World, _ ledger: LaneLedger, _ claimed: UInt64) throws {
    func isRefused(_ record: RecordFacts) -> Bool {
      var book = ledger
      do {
        _ = try book.accept(record, amid: claimed)
        return false
      } catch {
        return book.inputs == ledger.inputs && book.entries.count == ledger.entries.count
      }
    }
    for input in 0..<World.inputs {
      let honest = record(world, input, .outputs, isLast: true)
      let mayEnd = world.running.contains(input)
      #expect(isRefused(honest) == !(mayEnd && (world.inPieces ?? input) == input))
      var lie = honest
      lie.count = 2
      #expect(isRefused(lie))
      lie = honest
      lie.first += 1
      #expect(isRefused(lie))
      #expect(isRefused(record(world, input, .outputs, isLast: false)))
      #expect(isRefused(record(world, input, .piece, isLast: true)))
    }
  }

  @Test(arguments: [0, UInt64.max - 1]) func everyOrderAccountsForEachInputOnce(base: UInt64) throws {
    var seen: Set<World> = []
    try visit(World(base: base), LaneLedger(), &seen)
    #expect(seen.contains { $0.states == [2, 2, 2, 2] })
    #expect(seen.count >= 120, "\(seen.count) states")
  }

  @Test func whatIsTakenBackIsNotSuspect() {
    var ledger = LaneLedger()
    for input in 0..<4 { ledger.publish(piece(input), at: UInt64(input)) }
    #expect(ledger.revoke(from: 2) == [piece(2), piece(3)])
    let (suspects, obituary) = ledger.close(claimed: 1)
    #expect(suspects.map(\.position) == [0] && obituary.redeliver == [piece(1)])
  }
}

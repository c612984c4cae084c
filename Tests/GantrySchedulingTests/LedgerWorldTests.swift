// Every interleaving of an honest container with the driver's acts, in worlds small enough to see all of
// them, and long random walks through larger ones; at every state also a death, believed or not.

import TestSupport
import Testing

@testable import GantryScheduling

extension LedgerWorld {
  /// All of the state that the future depends on.
  var key: [UInt8] {
    var key: [UInt8] = [
      UInt8(avail), UInt8(claim), UInt8(truncatingIfNeeded: progress.tag &- LaneProgress.tag(of: plan.base)),
      UInt8(progress.input), progress.isRunning ? 1 : 0, place.rawValue, UInt8(claimed), UInt8(input),
      UInt8(unpublished), UInt8(written), UInt8(nextItem), UInt8(splits), UInt8(revokes),
    ]
    switch phase {
    case .idle: key += [0]
    case .harvest(let seen):
      key += [
        1, UInt8(truncatingIfNeeded: seen.tag &- LaneProgress.tag(of: plan.base)), UInt8(seen.input),
        seen.isRunning ? 1 : 0,
      ]
    case .aimed(let seen):
      key += [5, UInt8(seen.input)]
    case .split(let end): key += [2, UInt8(end)]
    case .restore(let end): key += [3, UInt8(end)]
    case .revoke(let keep, let published): key += [4, UInt8(keep), UInt8(published)]
    }
    for end in ends { key.append(UInt8(end)) }
    for slot in slots { key.append(UInt8(slot)) }
    key.append(255)
    for index in 0..<ledger.entries.count {
      let entry = ledger.entries[index]
      key += [
        UInt8(entry.position &- plan.base), UInt8(entry.end), UInt8(entry.lowestEnd), UInt8(entry.published),
        UInt8(entry.accounted),
      ]
    }
    key.append(255)
    for record in records {
      let kind: UInt8 = record.kind == .outputs ? 0 : record.kind == .single ? 1 : 2
      key += [
        kind << 1 | (record.isLast ? 1 : 0), UInt8(record.position &- plan.base), UInt8(record.first),
        UInt8(record.count),
      ]
    }
    for byte in 0..<8 { key.append(UInt8(truncatingIfNeeded: settled >> UInt64(8 * byte))) }
    return key
  }
}

struct LedgerWorldTests {
  /// How much of a plan was seen.
  struct Seen {
    var states = 0
    var acts: Set<String> = []
  }

  /// Visits every state once, depth first; what breaks is reported with the acts that led there.
  private func explore(_ plan: WorldPlan) -> Seen {
    var seen = Seen()
    var visited: Set<[UInt8]> = []
    var path: [LedgerWorld.Act] = []
    var stack: [(world: LedgerWorld, act: LedgerWorld.Act?, depth: Int)] = [(LedgerWorld(plan), nil, 0)]
    while let (world, act, depth) = stack.popLast() {
      path.removeLast(path.count - max(0, depth - 1))
      if let act { path.append(act) }
      guard visited.insert(world.key).inserted else { continue }
      do {
        try world.checkDeath(trusted: true)
        try world.checkDeath(trusted: false)
        let acts = world.acts()
        if acts.isEmpty { try world.checkEnd() }
        for act in acts {
          seen.acts.insert("\(act)".prefix { $0 != "(" }.description)
          var next = world
          path.append(act)
          try next.apply(act)
          path.removeLast()
          stack.append((next, act, depth + 1))
        }
      } catch {
        Issue.record("\(plan): \(error), after \(path.map { "\($0)" }.joined(separator: " "))")
        return seen
      }
    }
    seen.states = visited.count
    return seen
  }

  static let small = [
    WorldPlan(items: [0..<1], throwing: true, large: true, splits: 1, revokes: 1),
    WorldPlan(items: [0..<3], throwing: true, large: true, splits: 2),
    WorldPlan(items: [2..<6], base: 0x7fff_ffff, throwing: true, splits: 2),
    WorldPlan(items: [0..<4], throwing: false, splits: 3),
    WorldPlan(items: [0..<2, 3..<5], base: .max, throwing: false, splits: 2, revokes: 1),
    WorldPlan(items: [1..<2, 0..<3], throwing: true, splits: 1, revokes: 1),
    WorldPlan(items: [0..<2, 0..<2], throwing: true, large: true, splits: 1),
    WorldPlan(items: [0..<1, 0..<1, 0..<1], base: .max - 1, throwing: true, splits: 0, revokes: 3),
  ]

  @Test(arguments: small) func everyInterleavingAccountsForEachInputOnce(plan: WorldPlan) {
    let seen = explore(plan)
    #expect(seen.states > 100)
    // A world in which something never happens proves nothing about it.
    var expected: Set = [
      "step", "output", "goOn", "pause", "leaveEarly", "publish", "drain", "readProgress", "harvest",
    ]
    if plan.items.contains(where: { $0.count > 1 }), plan.splits > 0 {
      expected.formUnion(["aim", "lowerEnd", "decideSplit", "restoreEnd"])
    }
    if plan.revokes > 0 { expected.formUnion(["lowerAvail", "decideRevoke"]) }
    if plan.throwing { expected.insert("fail") }
    if plan.large { expected.insert("large") }
    if plan.items.allSatisfy({ $0.count == 1 }) { expected.subtract(["readProgress", "harvest"]) }
    #expect(seen.acts.isSuperset(of: expected), "\(expected.subtracting(seen.acts)) never happened")
  }

  @Test(arguments: 0..<40) func longRandomWalksAccountForEachInputOnce(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        let first = UInt32.random(in: 0...3, using: &random)
        return first..<(first + UInt32.random(in: 1...4, using: &random))
      }
      let bases: [UInt64] = [0, 0x7fff_fffe, .max, .max - 1, 1 << 32]
      let plan = WorldPlan(
        items: items, base: bases.randomElement(using: &random) ?? 0, throwing: true, large: true, splits: 4,
        revokes: 4)
      var path: [LedgerWorld.Act] = []
      do {
        var world = LedgerWorld(plan)
        while let act = world.acts().randomElement(using: &random) {
          path.append(act)
          try world.apply(act)
          try world.checkDeath(trusted: true)
          try world.checkDeath(trusted: false)
        }
        try world.checkEnd()
        #expect(world.settled.nonzeroBitCount == items.reduce(0) { $0 + $1.count })
      } catch {
        Issue.record("\(plan): \(error), after \(path.map { "\($0)" }.joined(separator: " "))")
      }
    }
  }
}

// The driver of a small world: Publish, Drain, Harvest, Split, Revoke and Death of PROTOCOL.md, each split
// where the container can move in between.

@testable import GantryScheduling

extension LedgerWorld {
  mutating func applyDriver(_ act: Act) throws {
    switch act {
    case .publish:
      slots.append(nextItem)
      ledger.publish(Piece(chunk: nextItem, inputs: plan.items[nextItem]), at: position(avail))
      nextItem += 1
      avail += 1
    case .drain: try drain()
    case .readProgress: phase = .harvest(progress)  // H2
    case .harvest: try takeHarvest()
    case .aim: phase = .aimed(progress)  // S1
    case .lowerEnd(let end):
      splits += 1
      ends[oldestItem] = end  // S2
      phase = .split(end)
    case .decideSplit(let barrier): try decideSplit(barrier)
    case .restoreEnd:
      if case .restore(let end) = phase { ends[oldestItem] = end }  // S6
      phase = .idle
    case .lowerAvail(let keep):
      revokes += 1
      phase = .revoke(keep: keep, published: avail)
      avail = keep  // D5
    case .decideRevoke: try decideRevoke()
    default: throw WorldBroken("\(act) is none of the driver's acts")
    }
  }

  /// The item of the oldest descriptor in the book; the container may have left it and be at the next.
  private var oldestItem: Int { ledger.entries.first.map(\.chunk) ?? slots.count - 1 }

  private mutating func drain() throws {
    let record = records.removeFirst()
    let accepted: LaneLedger.Accepted
    do {
      accepted = try ledger.accept(record)
    } catch {
      throw WorldBroken("an honest container is called a violator: \(error.what)")
    }
    let item = slots[Int(record.position &- plan.base)]
    guard accepted.chunk == item, accepted.isFinished == record.isLast else {
      throw WorldBroken("a record of item \(item) entered as \(accepted)")
    }
    if !accepted.fresh.isEmpty, record.first + accepted.skipped != accepted.fresh.lowerBound {
      throw WorldBroken("wrong outputs taken from a record: \(record), \(accepted)")
    }
    if accepted.fresh.upperBound > record.first + record.count {
      throw WorldBroken("more taken from a record than it holds: \(record), \(accepted)")
    }
    try settle(item, accepted.fresh, as: "accepted")
    try settle(item, accepted.returned, as: "returned")
  }

  private mutating func takeHarvest() throws {
    guard case .harvest(let seen) = phase else { return }
    phase = .idle
    guard records.isEmpty, let harvest = ledger.harvest(at: seen), let entry = ledger.entries.first else {
      return
    }  // H3
    guard place != .idle, place != .claimStored, harvest.chunk == item, entry.published == unpublished else {
      throw WorldBroken("a harvest of a record that is not open: \(harvest)")
    }
    guard unpublished + harvest.skipped == harvest.fresh.lowerBound, harvest.fresh.upperBound <= written
    else {
      throw WorldBroken("a harvest of \(harvest) where \(unpublished)..<\(written) were complete")
    }
    ledger.take(harvest)
    try settle(harvest.chunk, harvest.fresh, as: "harvested")
  }

  private mutating func decideSplit(_ barrier: Bool) throws {
    guard case .split(let end) = phase else { return }
    let decision = ledger.split(at: end, confirmedBy: barrier ? progress : nil)  // S4, S5
    guard let freed = decision.freed else {
      phase = .restore(decision.end)
      return
    }
    phase = .idle
    if let running = trulyRunning, freed.chunk == item, freed.inputs.contains(running) {
      throw WorldBroken("a split frees input \(running), which runs")
    }
    try settle(freed.chunk, freed.inputs, as: "freed by a split")
  }

  private mutating func decideRevoke() throws {
    guard case .revoke(var keep, let published) = phase else { return }
    phase = .idle
    if claim > keep { keep = min(claim, published) }  // D8
    avail = keep
    for piece in ledger.revoke(from: position(keep)) {
      guard piece.inputs == plan.items[piece.chunk] else {
        throw WorldBroken("a begun descriptor was revoked: \(piece)")
      }
      try settle(piece.chunk, piece.inputs, as: "revoked")
    }
    slots.removeLast(slots.count - keep)
  }

  // MARK: Death

  /// What follows if the container dies here; the world itself lives on.
  func checkDeath(trusted: Bool) throws {
    for barrier in [true, false] {
      var dead = self
      try dead.finishPhase(barrier)
      while !dead.records.isEmpty { try dead.drain() }
      if trusted {
        dead.phase = .harvest(dead.progress)
        try dead.takeHarvest()
      }
      try dead.close()
      guard case .split = phase else { return }
    }
  }

  private mutating func finishPhase(_ barrier: Bool) throws {
    switch phase {
    case .idle: break
    case .harvest: try takeHarvest()
    case .split: try decideSplit(barrier)
    case .restore, .aimed: phase = .idle
    case .revoke: try decideRevoke()
    }
  }

  private mutating func close() throws {
    let held = ledger.allEntries.map(\.chunk)
    let obituary = ledger.close(claimed: position(claim), at: progress)
    guard obituary.released == held else { throw WorldBroken("\(held) held, \(obituary.released) released") }
    if let culprit = obituary.culprit {
      try settle(culprit.chunk, culprit.inputs, as: "charged")
      guard culprit.inputs.count == 1, chargeable == culprit.inputs.lowerBound, culprit.chunk == item else {
        throw WorldBroken("\(culprit) is charged, \(place) at \(input)")
      }
    } else if let running = trulyRunning {
      throw WorldBroken("nobody is charged though \(running) ran")
    }
    for piece in obituary.redeliver {
      guard !piece.inputs.isEmpty else { throw WorldBroken("an empty piece is redelivered") }
      try settle(piece.chunk, piece.inputs, as: "redelivered")
    }
    let published = plan.items[..<nextItem].reduce(0) { $0 + $1.count }
    guard settled == (1 << UInt64(published)) - 1, ledger.isEmpty, ledger.inputs == 0 else {
      throw WorldBroken("inputs were lost: \(String(settled, radix: 2)) of \(published) left the book")
    }
  }
}

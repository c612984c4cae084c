// Gives chunks to containers: in turn between calls, evenly between containers, and never so much that a slow input
// holds others back. What one container does not get to is taken back for one that is idle.

import GantryLanes
import GantryScheduling

extension Pool {
  /// Whether some container has less to do than it should.
  var couldTakeMore: Bool { containers.isEmpty || containers.contains { $0.isHungry } }

  /// The call whose turn it is: single calls first, the others one chunk each.
  func nextToFeed() -> Call? {
    if let single = calls.first(where: { $0.isSingle && !$0.pending.isEmpty }) { return single }
    for offset in 0..<calls.count {
      let index = (nextCall + offset) % calls.count
      if !calls[index].pending.isEmpty {
        nextCall = index + 1
        return calls[index]
      }
    }
    return nil
  }

  /// The container that the next piece goes to.
  ///
  /// Cheap work stays with a container that is awake: a wake costs more than it saves. Other work is
  /// spread.
  func hungriest(for inputs: Int, but reserved: Container? = nil) -> Container? {
    let isCheap = mean.map { $0 * Double(inputs) < Container.enoughWork / 2 } ?? false
    var best: Container?
    for container in containers where container.isHungry && container !== reserved {
      if isCheap && !container.ledger.isEmpty { return container }
      if let chosen = best, chosen.ledger.inputs <= container.ledger.inputs { continue }
      best = container
    }
    return best
  }

  var busyContainers: Int {
    var count = 0
    for container in containers where !container.ledger.isEmpty { count += 1 }
    return count
  }

  var idleContainers: Int {
    var count = 0
    for container in containers where container.ledger.isEmpty && container.isFeedable { count += 1 }
    return count
  }
}

extension Coordinator {
  /// Feeds the containers of a pool as far as they are hungry.
  func feed(_ pool: Pool) {
    for call in pool.calls { encourage(call) }
    if pool.feedsSingly { return feedSingly(pool) }
    let reserved = feedAlone(pool)
    while let call = pool.nextToFeed(), let first = call.pending.first {
      guard let container = pool.hungriest(for: first.inputs.count, but: reserved) else { break }
      give(call, to: container)
    }
    noteStarving(pool)
  }

  /// Gives the next piece of a call to a container.
  func give(_ call: Call, to container: Container) {
    publish(nextPiece(of: call, most: call.pool.feedsSingly ? 1 : container.inputsLeft), to: container)
  }

  /// Takes a piece from a call: a part of it where several containers are idle and the work is worth spreading.
  private func nextPiece(of call: Call, most: Int) -> Piece {
    guard var piece = call.pending.popFirst() else {
      preconditionFailure("A call without pieces was to be fed.")
    }
    let pool = call.pool
    let idle = pool.idleContainers
    var share = min(most, piece.inputs.count)
    if idle > 1, pool.work(call.pendingInputs) > Container.enoughWork {
      share = min(share, max(1, (call.pendingInputs + idle - 1) / idle))
    }
    if share < piece.inputs.count {
      let middle = piece.inputs.lowerBound + UInt32(share)
      call.pending.prepend(Piece(chunk: piece.chunk, inputs: middle..<piece.inputs.upperBound))
      piece.inputs = piece.inputs.lowerBound..<middle
    }
    call.pendingInputs -= piece.inputs.count
    return piece
  }

  func publish(_ piece: Piece, to container: Container) {
    let chunk = chunks[piece.chunk]
    let position = container.lane.publish(
      offset: chunk.block.offset, form: formToSend(chunk), inputs: piece.inputs, of: chunk.count,
      publishEvery: chunk.call.publishEvery)
    if container.ledger.isEmpty {
      container.seenSince = now
      container.isStuck = false
      container.isAlone = false
    }
    container.ledger.publish(piece, at: position)
    container.needsWake = true
    // Spinning for the next chunk pays while whoever is at work, the driver included, has a processor of its own.
    let mayLinger = container.pool.concurrency == 1 && container.pool.busyContainers < processorCount
    container.lane.setSpin(nanoseconds: mayLinger ? 50_000 : 3_000)
    chunk.references += 1
    chunk.call.starvedSince = nil
    tick = Coordinator.shortestTick
    if nextTick > now + tick { nextTick = now + tick }
  }

  // MARK: Evening out

  /// Lets idle containers take over what others have not begun.
  func evenOut(_ pool: Pool) {
    guard !pool.feedsSingly, pool.idleContainers > 0, pool.containers.count > 1,
      !pool.calls.contains(where: { !$0.pending.isEmpty })
    else { return }
    guard let thief = pool.containers.first(where: { $0.state == .ready && $0.ledger.isEmpty }) else {
      return
    }
    let victim = pool.containers.filter { $0 !== thief && $0.ledger.inputs > 1 && $0.state != .closing }
      .max { $0.ledger.inputs < $1.ledger.inputs }
    guard let victim, isWorthTaking(victim) else { return }
    if victim.ledger.entries.count > 1 || victim.state == .starting {
      takeBackUnclaimed(victim, keeping: victim.ledger.entries.count / 2)
    }
    if !pool.calls.contains(where: { !$0.pending.isEmpty }) {
      let keep = isStalled(victim) ? 0 : victim.ledger.inputs / 2
      splitBehindRunning(victim, keeping: keep)
    }
    feedAfterTaking(pool)
  }

  private func feedAfterTaking(_ pool: Pool) {
    while let call = pool.nextToFeed() {
      guard let container = pool.containers.first(where: { $0.ledger.isEmpty && $0.isFeedable }) else {
        break
      }
      give(call, to: container)
    }
  }

  /// Taking costs a wake and a barrier; what is done sooner than that is left.
  private func isWorthTaking(_ victim: Container) -> Bool {
    isStalled(victim)
      || (victim.pool.mean != nil && victim.pool.work(victim.ledger.inputs) > 4 * Container.enoughWork)
  }

  /// Whether the running input has been running for longer than a whole chunk should take.
  func isStalled(_ container: Container) -> Bool {
    let progress = container.progress()
    if progress != container.seen {
      container.seen = progress
      container.seenSince = now
    }
    container.isStuck = now &- container.seenSince >= Coordinator.stall
    return container.isStuck
  }

  static let stall: UInt64 = 1_000_000

  /// Takes the unclaimed descriptors of a lane back, but for the first `keeping`.
  func takeBackUnclaimed(_ container: Container, keeping: Int = 0) {
    guard let first = container.ledger.entries.first else { return }
    do {
      let kept = try container.lane.revoke(keeping: first.position &+ UInt64(keeping))
      for piece in container.ledger.revoke(from: kept).reversed() {
        requeue(piece)
        dereference(piece.chunk)
      }
      // What is claimed just now may have to be claimed again.
      container.claims.distrust(from: kept &- 1)
    } catch {
      condemn(container, error.what)
    }
  }

  /// Takes back what lies behind the running input of a lane, but for the next `keeping`.
  func splitBehindRunning(_ container: Container, keeping: Int) {
    let before = container.progress()
    guard let (position, least) = container.ledger.splitPoint(at: before),
      let entry = container.ledger.entries.first
    else { return }
    let end = min(entry.end - 1, least + UInt32(keeping))
    guard end >= least else { return }
    let isDecisive = container.lane.lowerEnd(position, end)
    let decision = container.ledger.split(at: end, confirmedBy: isDecisive ? container.progress() : nil)
    if let freed = decision.freed {
      requeue(freed)
    } else {
      container.lane.restoreEnd(position, decision.end)
    }
  }

  // MARK: Stalls

  /// A call that has inputs waiting and none in a lane for a while gets room made for it: one slow input, or another
  /// call's long chunk, delays nobody but itself.
  private func noteStarving(_ pool: Pool) {
    for call in pool.calls where !call.pending.isEmpty {
      let since = call.starvedSince ?? now
      call.starvedSince = since
      // Somebody waits for a single call; what is behind others in a map waits for less.
      guard call.isSingle || now &- since >= Coordinator.stall, !isInLane(call) else { continue }
      let candidates = pool.containers.filter { hasRoom($0, for: call) }
      guard let container = candidates.min(by: { $0.ledger.inputs < $1.ledger.inputs }) else { continue }
      takeBackUnclaimed(container)
      splitBehindRunning(container, keeping: 0)
      // A single call that was taken back may be older.
      guard let next = call.isSingle ? pool.nextToFeed() : call else { continue }
      if !next.pending.isEmpty, container.isFeedable { give(next, to: container) }
    }
  }

  /// Whether room can be made in a lane for a starving call: single calls keep their order, and none displaces another.
  private func hasRoom(_ container: Container, for call: Call) -> Bool {
    guard container.state == .ready, container.ledger.inputs > 1 else { return false }
    guard call.isSingle else { return true }
    let entries = container.ledger.entries
    return (0..<entries.count).contains { place in
      let entry = entries[place]
      return !chunks[entry.chunk].call.isSingle && (place > 0 || entry.end - entry.accounted > 1)
    }
  }

  private func isInLane(_ call: Call) -> Bool {
    call.open > call.pendingInputs + call.pool.delayed.count { $0.call === call }
  }

  /// Looks at containers that neither publish nor move: hands their finished outputs on, and kills what outlived its
  /// cancellation.
  func lookAtStalled() {
    var didSomething = false
    for (_, container) in containers where !container.ledger.isEmpty {
      let isStalled = isStalled(container)
      if isStalled, container.pool.concurrency == 1, harvest(container) { didSomething = true }
      if !container.toCancel.isEmpty { didSomething = true }
      container.cancelsWritten = 0
      writeCancels(to: container)
      container.unwanted.removeAll { !container.ledger.contains($0.position) }
      if container.unwanted.contains(where: { now >= $0.at }) {
        container.outlivedCancel = true
        kill(container)
      }
      if isStalled { evenOut(container.pool) }
    }
    for (_, container) in containers { bury(container, ifOverdueAt: now) }
    killZygoteIfOverdue()
    tick = didSomething ? Coordinator.shortestTick : min(tick * 2, Coordinator.longestTick)
    nextTick = now + tick
  }

  // MARK: Backoff

  /// Puts inputs whose backoff is over back in line.
  func releaseDelayed(_ pool: Pool) {
    guard !pool.delayed.isEmpty else { return }
    pool.delayed.removeAll { one in
      guard one.due <= now else {
        due(at: one.due)
        return false
      }
      requeue(one.piece)
      return true
    }
  }

  /// Something is to be looked at by then.
  func due(at time: UInt64) {
    if time < deadline { deadline = time }
  }
}

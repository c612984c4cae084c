// Containers that run several inputs at a time: what their records say, which of their inputs are overdue, and who is
// to blame when one dies. Their inputs are fed singly (Coordinator+Limits.swift).

import GantryContainers
import GantryLanes
import GantryScheduling

extension Pool {
  /// For how many containers the window of a call is reckoned: its least is a chunk or two for each.
  var windowWidth: Int {
    let (width, overflow) = maxContainers.multipliedReportingOverflow(
      by: 1 + (concurrency - 1) / ChunkSizing.defaultSize)
    return overflow ? .max : width
  }

  /// The container that will be without work soonest.
  fileprivate func leastLaden() -> Container? {
    containers.filter { $0.state == .ready && $0.isFeedable && !$0.isAlone && $0.unwanted.isEmpty }
      .min { $0.ledger.inputs < $1.ledger.inputs }
  }

  /// Whether some input is to run without company.
  private var hasLoners: Bool { calls.contains { !$0.alone.isEmpty } }

  /// Whether a container could begin one of the inputs that wait.
  func couldFeed(_ container: Container) -> Bool {
    container.isHungry && (concurrency == 1 || container.ledger.isEmpty || !hasLoners)
  }
}

extension Coordinator {
  /// Checks a record against the book of its lane.
  func judge(_ record: RecordFacts, from container: Container) throws -> LaneLedger.Accepted {
    guard container.pool.concurrency > 1 else { return try container.ledger.judge(record) }
    return try container.ledger.judge(record, amid: container.lane.claimed())
  }

  /// Enters a record that was judged into its container's book.
  func enter(_ accepted: LaneLedger.Accepted, _ record: RecordFacts, from container: Container) {
    guard container.pool.concurrency > 1 else { return container.ledger.enter(accepted) }
    container.ledger.enter(record)
  }

  /// How a chunk lies, as far as its container needs to know.
  func formToSend(_ chunk: Chunk) -> ChunkForm {
    guard chunk.call.pool.concurrency > 1, chunk.call.filler.width == framed else { return chunk.form }
    var form = chunk.form
    form.flags |= ChunkFlags.framed
    return form
  }

  // MARK: Alone

  /// Gives inputs that are to run alone to containers without any; the one that others are to be kept from meanwhile.
  func feedAlone(_ pool: Pool) -> Container? {
    for call in pool.calls {
      while let piece = call.alone.first {
        guard pool.startsAvailable(now: now) > 0 else { return nil }
        // No container is empty: the one with the least to do gets nothing more until it is.
        guard let container = pool.feedsSingly ? pool.freest() : pool.leastLaden() else { return nil }
        guard container.ledger.isEmpty else { return container }
        // What ran in it before may have damaged it, and this input would be charged with that.
        guard container.outputs == 0 else {
          retire(container)
          continue
        }
        call.alone.popFirst()
        call.pendingInputs -= piece.inputs.count
        publish(piece, to: container)
        container.isAlone = true
        noteGranted(container)
      }
    }
    return nil
  }

  // MARK: Timeouts

  /// Kills a container one of whose inputs runs for longer than its timeout.
  func endOverdue(_ container: Container, timeout: UInt64) {
    guard let oldest = container.ledger.entries.first else { return }
    do {
      let claimed = try container.lane.claimed()
      let time = monotonicNow()
      container.claims.note(claimed: claimed, now: time)
      let since = container.claims.start(of: oldest.position)
      guard let since, time &- since >= timeout else {
        due(at: min(time + lookInterval(timeout), since.map { $0 &+ timeout } ?? .max))
        return
      }
      debug("Container \(container.pid) of \"\(container.pool.name)\" is killed: an input is overdue.")
      // Those that began with it are overdue with it.
      container.overdueBefore = container.claims.claimed(by: time &- timeout)
      takeBackUnclaimed(container)
      kill(container)
    } catch {
      condemn(container, error.what)
    }
  }

  // MARK: Deaths

  /// Finds who pays for the death of a container that ran several inputs; false: nothing had been begun.
  ///
  /// One alone is charged. Of several nobody is: each runs again alone, and the one that dies alone is charged. If the
  /// driver killed it, only the overdue input pays, and the others go back like any.
  func settleSuspects(of container: Container, _ end: ContainerEnd, claimed: UInt64, _ exit: ContainerExit)
    -> Bool
  {
    // What one that lied says of its claims is worth nothing: it may have begun all it had.
    var claimed = claimed
    let names = container.ledger.entries.first.map { Int64(bitPattern: claimed &- $0.position) > 0 } ?? false
    let doubt = container.isLiar || names ? nil : doubt(container)
    let isDistrusted = container.isLiar || doubt != nil
    if isDistrusted { claimed = container.lane.published }
    let (suspects, obituary) = container.ledger.close(claimed: claimed)
    let wasPutDown = (container.overdueBefore != nil || container.outlivedCancel) && end.isByKill
    for piece in obituary.redeliver.reversed() { requeue(piece) }
    if wasPutDown {
      let before = container.overdueBefore ?? suspects.first?.position ?? 0
      let overdue = suspects.prefix { Int64(bitPattern: before &- $0.position) > 0 }
      for suspect in overdue {
        let start = container.claims.start(of: suspect.position)
        charge(
          suspect.piece, .timedOut(after: container.pool.options.timeout ?? .zero), container, since: start)
      }
      // Backwards: each goes in front of what waits.
      for suspect in suspects.dropFirst(overdue.count).reversed() { requeue(suspect.piece) }
    } else if suspects.count == 1, !isDistrusted || (container.isAlone && doubt?.isCertainty ?? true) {
      charge(suspects[0].piece, .crashed(exit), container)
    } else {
      for suspect in suspects {
        isolateNext(suspect.piece)
        requeue(suspect.piece)
      }
    }
    for chunk in obituary.released { dereference(chunk) }
    return !suspects.isEmpty || wasPutDown
  }

  private func isolateNext(_ piece: Piece) {
    let chunk = chunks[piece.chunk]
    guard !chunk.call.isCancelled, chunk.call.failure == nil else { return }
    chunk.call.charges[chunk.base + Int(piece.inputs.lowerBound), default: Charge()].runsAlone = true
  }
}

// Takes records out of completion rings: each is checked against the ledger and copied once, to its call's outputs.
// A record that no correct container can have written closes the lane; what it spoke of is run again.

import GantryLanes
import GantryScheduling
import GantryWire

extension Coordinator {
  func drain(_ pool: Pool) {
    for container in pool.containers { drain(container) }
  }

  /// Takes all records of a lane.
  func drain(_ container: Container) {
    guard container.lane.isPending, container.verdict == nil else { return }
    container.emptyRings = 0
    do {
      // No more than a ring of it at a time, headers included: a container that publishes for ever holds nobody up.
      let from = container.lane.taken
      while container.lane.taken &- from < container.lane.ringBytes,
        let (record, payload) = try container.lane.next()
      {
        try take(record, payload, from: container)
        container.lane.take(record)
      }
      container.lane.release()
    } catch let violation as LaneViolation {
      condemn(container, violation.what)
    } catch let violation as LedgerViolation {
      condemn(container, violation.what)
    } catch {
      condemn(container, "\(error)")
    }
  }

  private func take(_ record: RecordHeader, _ payload: SharedBytes, from container: Container)
    throws
  {
    guard let kind = RecordKind(record.kind) else {
      throw LaneViolation("a record of unknown kind \(record.kind)")
    }
    switch kind {
    case .started:
      guard !container.hasStarted else { throw LaneViolation("a second start") }
      container.hasStarted = true
      container.pidInItsWords = Int32(clamping: record.busy_ns)
      // It may have died right after it had started.
      if container.state == .starting { container.state = .ready }
      container.idleSince = now
      debug("Container \(container.pid) of \"\(container.pool.name)\" is ready.")
    case .outputs:
      try takeOutputs(record, payload, from: container)
    case .more, .large, .bytes, .threw, .unencodable:
      try takeSingle(kind, record, payload, from: container)
    }
  }

  /// How long a record says its inputs took: never longer than the container has existed.
  private func busy(_ record: RecordHeader, _ container: Container) -> UInt64 {
    // The turn's time may be a little older than the record.
    min(record.busy_ns, now &- container.startedAt &+ 1_000_000_000)
  }

  private func facts(_ record: RecordHeader, _ kind: RecordFacts.Kind) -> RecordFacts {
    RecordFacts(
      kind: kind, position: record.position, first: record.first, count: record.count,
      isLast: record.flags & RecordKind.lastFlag != 0)
  }

  private func takeOutputs(
    _ record: RecordHeader, _ payload: SharedBytes, from container: Container
  ) throws {
    guard container.largePieces.isEmpty else { throw LaneViolation("outputs amid the pieces of another") }
    let facts = facts(record, .outputs)
    let accepted = try judge(facts, from: container)
    let chunk = chunks[accepted.chunk]
    if !accepted.fresh.isEmpty {
      // What this refuses was not delivered, and the ledger must not say that it was.
      try deliver(
        accepted.fresh, of: chunk, payload, skipped: Int(accepted.skipped), check: record.check,
        from: container, nanoseconds: busy(record, container))
    }
    enter(accepted, facts, from: container)
    learn(record, container, chunk)
    container.outputs += accepted.fresh.count
    conclude(accepted, chunk, container)
  }

  /// Copies fresh outputs to their call.
  private func deliver(
    _ fresh: Range<UInt32>, of chunk: Chunk, _ payload: SharedBytes, skipped: Int, check: UInt64?,
    from container: Container, nanoseconds: UInt64
  ) throws(LaneViolation) {
    let call = chunk.call
    guard !call.isCancelled, call.failure == nil else { return }
    let index = chunk.base + Int(fresh.lowerBound)
    let bytes = try call.sink.accept(
      index: index, count: fresh.count, from: payload, skipped: skipped, check: check)
    noteFacts(index..<(index + fresh.count), of: call, by: container, nanoseconds: nanoseconds)
    noteDelivered(fresh.count, bytes, call)
    if !call.charges.isEmpty {
      for input in fresh { call.charges[chunk.base + Int(input)] = nil }
    }
  }

  private func takeSingle(
    _ kind: RecordKind, _ record: RecordHeader, _ payload: SharedBytes, from container: Container
  ) throws {
    // Pieces of a large output are copied behind each other at once; anything else starts afresh.
    let start = container.largePieces.count
    guard start == 0 || kind == .more || kind == .large || kind == .bytes else {
      throw LaneViolation("an error amid the pieces of an output")
    }
    // Only the last piece may be short: else a container could send any number of them, for as long as it likes.
    guard kind != .more || payload.count >= Int(container.lane.ringBytes) / 8 else {
      throw LaneViolation(
        "a piece of \(payload.count) bytes of an output, where only the last may be so short")
    }
    let most = container.pool.largestOutput
    guard start + payload.count <= most else {
      throw LaneViolation("an output of more than \(most) bytes, which is more than it can hold in memory")
    }
    if kind == .more, start == 0 {
      if let front = container.ledger.entries.first {
        container.largePieces = chunks[front.chunk].call.sink.spareBuffer()
      }
      // What is to come is the container's word: taken for no more than a hint.
      container.largePieces.reserveCapacity(
        payload.count + Int(min(record.busy_ns, Coordinator.mostReserved, UInt64(most - payload.count))))
    }
    payload.append(to: &container.largePieces)
    guard
      container.largePieces.withUnsafeBytes({ checksum(UnsafeRawBufferPointer(rebasing: $0[start...])) })
        == record.check
    else {
      throw LaneViolation("a payload whose checksum is wrong")
    }
    let facts = facts(record, kind == .more ? .piece : .single)
    let accepted = try judge(facts, from: container)
    enter(accepted, facts, from: container)
    let chunk = chunks[accepted.chunk]
    if kind == .more { return }
    let bytes = container.largePieces
    container.largePieces = []
    let call = chunk.call
    let index = chunk.base + Int(record.first)
    let piece = Piece(chunk: accepted.chunk, inputs: record.first..<(record.first + 1))
    var isRetried = false
    if !call.isCancelled, call.failure == nil, !accepted.fresh.isEmpty {
      noteFacts(index..<(index + 1), of: call, by: container, nanoseconds: busy(record, container))
      switch kind {
      case .large, .bytes:
        call.charges[index] = nil
        call.sink.acceptLarge(index: index, bytes: bytes, areElements: kind == .bytes)
        noteDelivered(1, bytes.count, call)
      case .threw:
        isRetried = retryThrown(piece, index, call)
        if !isRetried {
          let attempts = (call.charges.removeValue(forKey: index)?.attempts ?? 0) + 1
          call.sink.accept(thrown: bytes, index: index, attempts: attempts)
          noteFailed(call)
        }
      default:
        let why = bytes.withUnsafeBytes { raw in
          var decoder = PayloadDecoder(raw)
          return (try? decoder.decode(String.self)) ?? "The container gave no reason."
        }
        call.sink.accept(
          InputError(
            function: call.pool.name, index: index,
            attempts: (call.charges.removeValue(forKey: index)?.attempts ?? 0) + 1,
            reason: .undeliverable(why)))
        noteFailed(call)
      }
    }
    learn(record, container, chunk)
    container.outputs += 1
    if kind == .threw || kind == .unencodable { container.failed += 1 }
    conclude(accepted, chunk, container, isRetried: isRetried)
  }

  /// The most bytes that room is made for before they are there.
  private static let mostReserved: UInt64 = 32 << 20

  private func noteDelivered(_ count: Int, _ bytes: Int, _ call: Call) {
    call.pool.counts.completed += count
    call.completed += count
    noteArrival(call)
    if call.isCollecting {
      call.window.hand(count)
    } else {
      call.window.outputBytes += bytes
    }
  }

  /// Counts an input that failed for good, after its failure was given to the sink.
  func noteFailed(_ call: Call) {
    call.pool.counts.failed += 1
    call.failed += 1
    if call.isCollecting { call.window.hand(1) }
  }

  /// Gives an input that threw another try, if its budget has one.
  private func retryThrown(_ piece: Piece, _ index: Int, _ call: Call) -> Bool {
    guard
      let delay = call.pool.options.retries.backoff.delay(
        beforeRetry: (call.charges[index]?.throwns ?? 0) + 1)
    else { return false }
    call.charges[index, default: Charge()].throwns += 1
    // It came to its end: nothing is left to be suspected.
    call.charges[index]?.runsAlone = false
    noteRetry(
      call, index, attempts: call.charges[index]?.attempts ?? 1, after: delay, because: .threw)
    retry(piece, of: call, after: delay)
    return true
  }

  /// Lets an input wait for its backoff in a block of its own, so that it does not hold its chunk's.
  func retry(_ piece: Piece, of call: Call, after delay: UInt64) {
    call.pool.counts.retried += 1
    call.pool.delayed.append(DelayedPiece(due: now + delay, piece: isolate(piece), call: call))
    due(at: now + delay)
  }

  private func learn(_ record: RecordHeader, _ container: Container, _ chunk: Chunk) {
    guard record.count > 0 else { return }
    container.pool.scaling.startSucceeded()
    chunk.call.sizing.learn(count: Int(record.count), nanoseconds: busy(record, container))
    // What a single call takes says nothing about a map's inputs, by which containers are filled.
    if !chunk.call.isSingle || container.pool.calls.allSatisfy(\.isSingle) {
      container.pool.mean = chunk.call.sizing.mean
    }
    container.seenSince = now
    container.isStuck = false
    tick = Coordinator.shortestTick
  }

  private func conclude(
    _ accepted: LaneLedger.Accepted, _ chunk: Chunk, _ container: Container, isRetried: Bool = false
  ) {
    if !isRetried { account(chunk, accepted.chunk, accepted.fresh.count) }
    guard accepted.isFinished else { return }
    requeue(Piece(chunk: accepted.chunk, inputs: accepted.returned))
    dereference(accepted.chunk)
    if !container.unwanted.isEmpty {
      container.unwanted.removeAll { !container.ledger.contains($0.position) }
    }
    if container.ledger.isEmpty {
      container.idleSince = now
      container.isAlone = false
    }
  }

  // MARK: Harvest

  /// Delivers what a stalled or dead container has finished and not published; false: there was nothing.
  @discardableResult
  func harvest(_ container: Container) -> Bool {
    // The order matters: first the progress, then the look at the tail (PROTOCOL.md, Harvest).
    let progress = container.progress()
    guard let open = container.lane.openRecord() else {
      drain(container)
      return true
    }
    guard let harvest = container.ledger.harvest(at: progress) else { return false }
    do {
      // Who runs inputs of a descriptor has claimed it, and no other behind it.
      let claimed = try container.lane.claimed()
      guard let front = container.ledger.entries.first, claimed == front.position &+ 1 else { return false }
    } catch {
      condemn(container, error.what)
      return false
    }
    let chunk = chunks[harvest.chunk]
    do {
      try deliver(
        harvest.fresh, of: chunk, open, skipped: Int(harvest.skipped), check: nil, from: container,
        nanoseconds: now &- container.seenSince)
    } catch {
      condemn(container, error.what)
      return false
    }
    container.ledger.take(harvest)
    container.outputs += harvest.fresh.count
    account(chunk, harvest.chunk, harvest.fresh.count)
    settle(chunk.call)
    return true
  }
}

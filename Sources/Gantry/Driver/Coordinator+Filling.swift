// Takes inputs: grants room by the call's window and the arena's occupancy, has chunks encoded, commits them.

import GantryLanes
import GantryScheduling
import GantryWire

/// A block to encode a chunk into, and how much of it.
struct Grant {
  var block: ArenaBlock
  var room: ChunkRoom
}

extension Coordinator {
  /// Whether a call should take more inputs now.
  ///
  /// No room in the ring means that its iterator is not advanced.
  func wantsInput(_ call: Call) -> Bool {
    guard call.sourceIsOpen, !call.isFilling, !call.isCancelled, call.failure == nil else { return false }
    guard call.pending.count < 2 else { return false }
    guard arena.used < ringBytes || call.open == 0 else { return false }
    return call.window.room(containers: call.pool.windowWidth, sizing: call.sizing) > 0
  }

  /// Whether its caller, which reads the source itself, could go on with it.
  func hasRoom(_ call: Call) -> Bool {
    guard wantsInput(call) else { return false }
    guard let feeder = call.feeder else { return call.filler.isPrompt }
    return call.window.room(containers: call.pool.windowWidth, sizing: call.sizing) > feeder.granted
  }

  /// Room for one chunk of a prompt source, encoded in its caller's own turn.
  func grant(for call: Call) -> Grant? {
    guard call.filler.isPrompt, wantsInput(call) else { return nil }
    let room = call.window.room(containers: call.pool.windowWidth, sizing: call.sizing)
    let most = min(room, call.sizing.next(left: call.filler.left(), share: call.pool.maxContainers))
    let width = call.filler.width
    var mostBytes = chunkBytes
    var capacity = chunkBytes
    if width > 0 {
      capacity = min(chunkBytes, max(1, most) * width)
      mostBytes = capacity
    } else {
      // An input larger than a chunk should be goes alone, and is to be encoded in place, too.
      let single = Int(min(call.meanBytes * 1.05, Double(ringBytes)))
      capacity = max(min(chunkBytes, max(512, Int(call.meanBytes * 1.3) * most)), single)
    }
    guard let block = allocate(capacity, for: call) else { return nil }
    call.isFilling = true
    return Grant(
      block: block,
      room: ChunkRoom(base: arena.pointer(block), capacity: block.capacity, most: most, mostBytes: mostBytes))
  }

  /// A block, or nil: the system has no memory.
  ///
  /// While inputs are in flight their blocks will come back; a call that has none fails.
  private func allocate(_ bytes: Int, for call: Call) -> ArenaBlock? {
    do {
      return try arena.allocate(bytes)
    } catch {
      if call.open == 0 { fail(call, GantryError(.sharedMemory, "\(error)", underlying: error)) }
      return nil
    }
  }

  /// Encodes a chunk outside the lock and commits it.
  func fill(_ call: Call, _ grant: Grant) {
    var block = grant.block
    var base = grant.room.base
    var isLost = false
    let filled = call.filler.fill(grant.room) { bytes in
      let larger: (ArenaBlock, UnsafeMutableRawPointer)? = locked {
        guard let larger = allocate(bytes.count, for: call) else { return nil }
        arena.release(block)
        return (larger, arena.pointer(larger))
      }
      guard let larger, let source = bytes.baseAddress else {
        isLost = true
        return
      }
      (block, base) = larger
      base.copyMemory(from: source, byteCount: bytes.count)
    }
    if isLost {
      locked {
        arena.release(block)
        call.isFilling = false
        fail(
          call, GantryError(.sharedMemory, "There is no shared memory for an input of \(filled.bytes) bytes.")
        )
      }
      return
    }
    let form = seal(call, &block, UnsafeRawBufferPointer(start: base, count: filled.bytes), filled.count)
    locked {
      call.isFilling = false
      commit(call, block, filled, form)
      feed(call.pool)
    }
  }

  /// Compresses a chunk where that pays, and takes its checksum.
  ///
  /// Outside the lock.
  private func seal(
    _ call: Call, _ block: inout ArenaBlock, _ raw: UnsafeRawBufferPointer, _ count: Int
  ) -> ChunkForm {
    if raw.count >= CompressionPlan.leastBytes, let plan = locked({ compressionPlan(call, raw.count, count) })
    {
      let result = plan.compress(raw)
      let original = block
      locked {
        call.compression.learn(raw: raw.count, stored: result.form?.stored, nanoseconds: result.nanoseconds)
        arena.release(result.form == nil ? plan.block : original)
      }
      if let form = result.form {
        block = plan.block
        return form
      }
    }
    return ChunkForm(stored: raw.count, raw: raw.count, check: checksum(raw))
  }

  /// How a chunk is to be compressed, with a block to do it in; nil: it travels as it is.
  private func compressionPlan(_ call: Call, _ bytes: Int, _ count: Int) -> CompressionPlan? {
    guard bytes >= CompressionPlan.leastBytes else { return nil }
    let acceleration = call.compression.acceleration(
      bytes: bytes, occupancy: Double(arena.used) / Double(ringBytes),
      work: call.sizing.mean.map { $0 * Double(count) }, containersAreBusy: !call.pool.couldTakeMore)
    guard let acceleration else { return nil }
    let bound = bytes - bytes / 8
    guard let block = try? arena.allocate(bound) else { return nil }
    return CompressionPlan(
      block: block, target: UnsafeMutableRawBufferPointer(start: arena.pointer(block), count: bound),
      acceleration: acceleration, width: call.filler.width)
  }

  /// Enters an encoded chunk into the books; whoever commits sees to it that it is fed.
  private func commit(_ call: Call, _ block: ArenaBlock, _ filled: Filled, _ form: ChunkForm) {
    let base = call.nextIndex
    call.nextIndex += filled.count
    call.window.take(filled.count)
    call.pool.counts.inputsTaken += filled.count
    if !filled.isOpen { call.sourceIsOpen = false }
    if filled.count > 0 {
      call.meanBytes += (Double(filled.bytes) / Double(filled.count) - call.meanBytes) / 4
      enter(call, block, filled.count, base, form)
    } else {
      arena.release(block)
    }
    if let failure = filled.failure { refuse(call, failure) }
  }

  private func enter(_ call: Call, _ block: ArenaBlock, _ count: Int, _ base: Int, _ form: ChunkForm) {
    let chunk = Chunk(call: call, base: base, count: count, block: block, form: form)
    let id = chunks.insert(chunk)
    call.open += count
    call.window.inputBytes += form.stored
    call.pool.counts.chunks += 1
    call.pool.counts.bytesRaw += form.raw
    call.pool.counts.bytesPacked += form.stored
    noteChunk(chunk)
    guard !call.isCancelled, call.failure == nil else {
      account(chunk, id, count)
      return
    }
    call.pending.append(Piece(chunk: id, inputs: 0..<UInt32(count)))
    call.pendingInputs += count
  }

  /// Delivers the failure of an input that has no encoding; it never travels.
  private func refuse(_ call: Call, _ why: String) {
    let index = call.nextIndex
    call.nextIndex += 1
    call.window.take(1)
    call.pool.counts.inputsTaken += 1
    guard !call.isCancelled else { return }
    call.sink.accept(
      InputError(function: call.pool.name, index: index, attempts: 0, reason: .undeliverable(why)))
    noteFailed(call)
  }

  // MARK: Blocking sources

  /// What a feeder may take now; nil: it has to wait for a signal.
  func creditNow(_ feeder: Feeder) -> FeederGrant? {
    locked {
      let call = feeder.call
      guard !call.isCancelled, call.failure == nil, !isStopped else {
        return FeederGrant(count: 0, target: 0)
      }
      let room =
        wantsInput(call)
        ? call.window.room(containers: call.pool.windowWidth, sizing: call.sizing) - feeder.granted : 0
      feeder.isWaiting = room <= 0
      guard room > 0 else { return nil }
      let target = call.sizing.next(left: nil, share: 1)
      let count = min(room, target)
      feeder.granted += count
      return FeederGrant(count: count, target: target)
    }
  }

  /// Lets a waiting feeder go on, and tells every feeder whether somebody waits for its next input.
  func encourage(_ call: Call) {
    guard let feeder = call.feeder else { return }
    let isHungry = call.pending.isEmpty && call.pool.couldTakeMore
    feeder.isHungry.store(isHungry, ordering: .relaxed)
    if isHungry { shipOpen(feeder) }
    if let shipBy = feeder.shipBy, shipBy <= now { feeder.shipBy = nil }
    if feeder.isWaiting, wantsInput(call) {
      feeder.isWaiting = false
      feeder.credit.signal()
    }
  }

  func ship(_ feeder: Feeder) {
    round { shipOpen(feeder) }
  }

  /// Has the background thread look at an open chunk in a moment.
  func shipSoon(_ feeder: Feeder) {
    locked {
      feeder.shipBy = monotonicNow() + Coordinator.shortestTick
      armTimer()
    }
  }

  /// Takes back what a feeder was granted and did not use.
  func giveBack(_ count: Int, _ feeder: Feeder) {
    locked { feeder.granted -= count }
  }

  /// The sequence has ended, by an error where it threw one: it is the caller's after the outputs before it.
  func endSource(_ feeder: Feeder, _ error: (any Error)? = nil) {
    round {
      let call = feeder.call
      shipOpen(feeder)
      if feeder.lock.locked({ feeder.open.count > 0 }) {
        fail(call, GantryError(.sharedMemory, "There is no shared memory for the last inputs of a map."))
      }
      if !call.isCancelled { call.sourceError = error }
      call.sourceIsOpen = false
      call.feeder = nil
    }
  }

  /// Moves what a feeder has read into a chunk of its own.
  ///
  /// Every caller feeds or pumps afterwards.
  private func shipOpen(_ feeder: Feeder) {
    let call = feeder.call
    let shipment: (ArenaBlock, Filled, ChunkForm)? = feeder.lock.locked {
      let open = feeder.open
      guard open.count > 0 || open.failure != nil else { return nil }
      let bytes = open.encoder.count
      guard let (block, form) = place(open, for: call) else { return nil }
      feeder.granted -= open.count + (open.failure == nil ? 0 : 1)
      let filled = Filled(
        count: open.count, bytes: bytes, failure: open.failure, isOpen: call.sourceIsOpen)
      open.clear()
      return (block, filled, form)
    }
    guard let (block, filled, form) = shipment else { return }
    feeder.shipBy = nil
    feeder.isPromised.store(false, ordering: .relaxed)
    commit(call, block, filled, form)
  }

  /// Copies what a feeder has read into the arena, compressed where that pays.
  private func place(_ open: OpenInputs, for call: Call) -> (ArenaBlock, ChunkForm)? {
    let bytes = open.encoder.count
    if let plan = compressionPlan(call, bytes, open.count) {
      let result = open.encoder.withBytes { plan.compress($0) }
      call.compression.learn(raw: bytes, stored: result.form?.stored, nanoseconds: result.nanoseconds)
      if let form = result.form { return (plan.block, form) }
      arena.release(plan.block)
    }
    guard let block = allocate(max(bytes, 1), for: call) else { return nil }
    let base = arena.pointer(block)
    open.encoder.withBytes { source in
      if let start = source.baseAddress { base.copyMemory(from: start, byteCount: bytes) }
    }
    let check = checksum(UnsafeRawBufferPointer(start: base, count: bytes))
    return (block, ChunkForm(stored: bytes, raw: bytes, check: check))
  }
}

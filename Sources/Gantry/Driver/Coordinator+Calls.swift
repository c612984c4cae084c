// How calls begin, end, and are cancelled.

import GantryLanes
import GantryScheduling

extension Coordinator {
  /// Takes a call on.
  ///
  /// Its first input is taken in the caller's first turn, or by its feeder.
  ///
  /// `byBlocking`: its caller blocks a thread for the results, and reads there what has to be read on its actor.
  func begin(_ call: Call, byBlocking: Bool = false) throws(GantryError) {
    // A fork may have copied the lock while another thread had it.
    if isForked { throw forkedMessage }
    let refused: GantryError? = locked {
      checkDescriptorsAtTimes()
      if let refusal = refusal ?? estranged { return refusal }
      if isShuttingDown { return GantryError(.shutDown, shutDownMessage) }
      call.pool.calls.append(call)
      enlist(call.pool)
      noteBegin(call)
      return nil
    }
    if let refused { throw refused }
    guard !call.filler.isPrompt else { return }
    let feeder = Feeder(call, self)
    locked {
      call.feeder = feeder
      call.isReadByCaller = byBlocking && call.filler.mustBeReadOnActor
    }
    let failure = feeder.start(byCaller: byBlocking)
    if failure != 0 {
      locked {
        fail(
          call, GantryError(.zygoteStartFailed, "No thread could be started to read the inputs: \(failure)."))
      }
    }
  }

  /// Takes a call's first inputs in the time of whoever makes it, so that calls start in the order they are made.
  func prime(_ call: Call) {
    if let grant = locked({ grant(for: call) }) { fill(call, grant) }
    round()
  }

  /// Ends a call for its caller: what was not started never starts, what runs is cancelled.
  func cancel(_ call: Call) {
    round {
      guard !call.isCancelled, !(call.isComplete && call.open == 0) else { return }
      call.sink.clear()
      end(call)
    }
  }

  private func end(_ call: Call) {
    call.isCancelled = true
    dropPending(call)
    for container in call.pool.containers { withdraw(call, from: container) }
    wake(call)
    stopFeeder(of: call)
  }

  /// Ends a spawned call: what has arrived stays, and the rest is delivered as cancelled.
  func cancel<Output>(_ call: Call, keeping sink: TypedSink<Output>) {
    round {
      guard !call.isComplete else { return }
      sink.cancelRest(before: call.isSingle ? 1 : call.nextIndex, of: call.pool.name)
      end(call)
    }
  }

  /// Ends a call by an error of the runtime.
  func fail(_ call: Call, _ error: GantryError) {
    guard call.failure == nil else { return }
    call.failure = error
    call.sourceIsOpen = false
    dropPending(call)
    stopFeeder(of: call)
    wake(call)
  }

  private func dropPending(_ call: Call) {
    for piece in call.pending.drain() + call.alone.drain() {
      account(chunks[piece.chunk], piece.chunk, piece.inputs.count)
    }
    call.pendingInputs = 0
    let delayed = call.pool.delayed
    call.pool.delayed = delayed.filter { $0.call !== call }
    for one in delayed where one.call === call { account(chunks[one.piece.chunk], one.piece.chunk, 1) }
  }

  /// Takes a cancelled call's inputs out of a lane; an input that runs gets its grace.
  private func withdraw(_ call: Call, from container: Container) {
    guard container.state != .closing else { return }
    takeBackUnclaimed(container)
    if container.pool.concurrency == 1 { splitBehindRunning(container, keeping: 0) }
    for index in 0..<container.ledger.entries.count {
      let entry = container.ledger.entries[index]
      guard chunks[entry.chunk].call === call else { continue }
      container.toCancel.append(entry.position)
    }
    writeCancels(to: container)
  }

  /// Cancels what is to be: no more at a time than the container remembers while it does not get to them.
  func writeCancels(to container: Container) {
    while container.cancelsWritten < Coordinator.cancelsAtATime, let position = container.toCancel.popFirst()
    {
      guard container.ledger.contains(position) else { continue }
      container.lane.cancel(position)
      container.cancelsWritten += 1
      container.unwanted.append((position, now + cancelGrace))
    }
  }

  /// Half of what a lane remembers, so that a container may miss a look.
  private static let cancelsAtATime = 128

  /// Counts inputs of a chunk as delivered or dropped, and frees it when none is left.
  func account(_ chunk: Chunk, _ id: Int, _ count: Int) {
    guard count > 0 else { return }
    chunk.unaccounted -= count
    chunk.call.open -= count
    freeIfDone(chunk, id)
  }

  func freeIfDone(_ chunk: Chunk, _ id: Int) {
    guard chunk.unaccounted == 0, chunk.references == 0 else { return }
    arena.release(chunk.block)
    chunk.call.window.inputBytes -= chunk.form.stored
    chunks.remove(id)
  }

  /// A descriptor of a chunk left a lane for good.
  func dereference(_ id: Int) {
    let chunk = chunks[id]
    chunk.references -= 1
    freeIfDone(chunk, id)
  }

  /// Puts a piece in front of what waits; inputs of a cancelled call are dropped.
  func requeue(_ piece: Piece) {
    guard !piece.inputs.isEmpty else { return }
    let chunk = chunks[piece.chunk]
    let call = chunk.call
    guard !call.isCancelled, call.failure == nil else {
      account(chunk, piece.chunk, piece.inputs.count)
      return
    }
    call.pendingInputs += piece.inputs.count
    let charge = call.charges.isEmpty ? nil : call.charges[chunk.base + Int(piece.inputs.lowerBound)]
    if let charge, charge.isSuspect || (call.pool.concurrency > 1 && charge.runsAlone) {
      call.alone.append(piece)
    } else {
      call.pending.prepend(piece)
    }
  }
}

let shutDownMessage = "The driver was shut down; make another Driver to call its functions again."
let cancelGrace: UInt64 = 1_000_000_000

// What follows when a container dies: its last records are taken, its finished outputs salvaged, the input that was
// running charged, and everything else given to others. Nothing is charged for somebody else's death.

import GantryContainers
import GantryLanes
import GantryScheduling
import GantryWire

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension Coordinator {
  /// A container did what no correct one can do: its lane is closed and it is killed.
  func condemn(_ container: Container, _ what: String) {
    distrust(container, "it wrote \(what)")
  }

  /// Kills a container whose words are worth nothing.
  func distrust(_ container: Container, _ verdict: String) {
    if container.verdict == nil { container.isLiar = true }
    giveUp(container, verdict)
    container.largePieces = []
  }

  /// Kills a container that is of no more use, and keeps the reason: half a sentence that begins with "it".
  private func giveUp(_ container: Container, _ verdict: String) {
    guard container.verdict == nil else { return }
    container.verdict = verdict
    tell(
      .info, "Container \(container.pid) of \"\(container.pool.name)\" is killed, because \(verdict).")
    kill(container)
  }

  func kill(_ container: Container) {
    container.state = .closing
    if isInProcess { return writeOff(container) }
    keeper.killContainer(container.pid, container.pidfd)
  }

  /// The kernel says that a container is gone; its status follows within moments, or never.
  func noteGone(_ container: Container) {
    guard container.goneSince == nil else { return }
    container.goneSince = now
    container.state = .closing
    due(at: now + Coordinator.statusPatience)
  }

  static let statusPatience: UInt64 = 1_000_000_000

  /// Gives up waiting for the status of a container that is gone, or for a container that never came.
  func bury(_ container: Container, ifOverdueAt now: UInt64) {
    if let gone = container.goneSince, now &- gone >= Coordinator.statusPatience {
      bury(container, end: .lost)
    } else if let leaveBy = container.leaveBy, now >= leaveBy {
      killLate(container)
    } else if container.state == .starting,
      now &- container.startedAt >= container.pool.options.startupTimeout.clampedNanoseconds
    {
      let limit = container.pool.options.startupTimeout
      giveUp(container, "it was not ready for its first input within the startupTimeout of \(limit)")
      guard container.pid == 0 else { return }
      // Not forked yet. Should it be after all, it finds nothing to claim, and is killed when the zygote tells of it.
      takeBackUnclaimed(container)
      container.lane.stop()
      bury(container, end: .lost)
    }
  }

  /// Closes the books of a dead container.
  func bury(_ container: Container, end: ContainerEnd) {
    guard containers.removeValue(forKey: container.epoch) != nil else { return }
    let pool = container.pool
    drain(container)
    var claimed: UInt64 = 0
    do { claimed = try container.lane.claimed() } catch { condemn(container, error.what) }
    if container.verdict == nil, end.leavesMemorySound, pool.concurrency == 1 { harvestAll(container) }
    container.state = .closing
    readWords(of: container, isLast: true)
    let exit = ContainerExit(
      pid: container.pid, status: exitStatus(end),
      stderrTail: String(decoding: container.lastWords, as: UTF8.self), verdict: container.verdict,
      site: crashSite(of: container, end), memoryLimit: pool.options.memoryLimit)
    pool.containers.removeAll { $0 === container }
    forgetUnseen(container)
    pool.counts.died += 1
    debug("Container \(container.pid) of \"\(pool.name)\" ended: \(exit.summary)")
    let hasPaid =
      pool.concurrency > 1
      ? settleSuspects(of: container, end, claimed: claimed, exit)
      : settleCulprit(of: container, end, claimed: claimed, exit)
    // One that idled, or was only asked for, when its zygote was killed did not fail to start. Of those that were
    // starting one may have killed it, and one pays.
    let wasBystander = container.isOrphan && (container.hasStarted || container.pid == 0 || zygote.isPaidFor)
    if container.isOrphan, !wasBystander { zygote.isPaidFor = true }
    if !hasPaid, container.outputs == 0, !container.isRetiring, !wasBystander,
      !isShuttingDown || !pool.calls.isEmpty
    {
      noteFailedStart(of: pool, exit, container)
    }
    release(container)
    endQuietlyIfOutputIsClosed(end)
  }

  /// Finds who pays for the death of a container that ran one input at a time; false: none was running.
  private func settleCulprit(
    of container: Container, _ end: ContainerEnd, claimed: UInt64, _ exit: ContainerExit
  ) -> Bool {
    let last = container.progress()
    var ledger = container.ledger
    let obituary = ledger.close(claimed: claimed, at: last)
    let blame = obituary.culprit == nil ? Blame.nobody : blame(for: container, end, at: last)
    if container.isLiar { return settleDistrusted(container, end, at: last, exit, nil) }
    if blame == .nobody, let doubt = doubt(container) {
      return settleDistrusted(container, end, at: last, exit, doubt)
    }
    container.ledger = ledger
    for piece in obituary.redeliver.reversed() { requeue(piece) }
    if let culprit = obituary.culprit {
      switch blame {
      case .crash: charge(culprit, .crashed(exit), container)
      case .timeout: charge(culprit, .timedOut(after: container.pool.options.timeout ?? .zero), container)
      case .nobody: requeue(culprit)
      }
    }
    for chunk in obituary.released { dereference(chunk) }
    return obituary.culprit != nil || container.overdue != nil
  }

  private func harvestAll(_ container: Container) {
    // A dead container's tail stands still: one harvest takes everything.
    _ = harvest(container)
  }

  /// The input that was running pays for the death: it is tried again, alone, or reported.
  ///
  /// `start` is when it was first seen to run, where several did.
  func charge(
    _ culprit: Piece, _ reason: InputError.Reason, _ container: Container, since start: UInt64? = nil
  ) {
    let chunk = chunks[culprit.chunk]
    let call = chunk.call
    guard !call.isCancelled, call.failure == nil else {
      account(chunk, culprit.chunk, 1)
      return
    }
    let index = chunk.base + Int(culprit.inputs.lowerBound)
    var charge = call.charges[index] ?? Charge()
    let delay: UInt64?
    if case .timedOut = reason {
      charge.throwns += 1
      delay = call.pool.options.retries.backoff.delay(beforeRetry: charge.throwns)
    } else {
      charge.crashes += 1
      charge.runsAlone = true
      delay = call.pool.options.crashRetries.backoff.delay(beforeRetry: charge.crashes)
    }
    if let delay {
      call.charges[index] = charge
      noteRetry(call, index, attempts: charge.attempts, after: delay, because: .failed(reason))
      retry(culprit, of: call, after: delay)
      return
    }
    call.charges[index] = nil
    noteFacts(
      index..<(index + 1), of: call, by: container, nanoseconds: now &- (start ?? container.seenSince))
    call.sink.accept(
      InputError(function: call.pool.name, index: index, attempts: charge.attempts, reason: reason))
    noteFailed(call)
    account(chunk, culprit.chunk, 1)
  }

  /// A container died before its first input: the next starts later, and after several the calls are told why.
  private func noteFailedStart(of pool: Pool, _ exit: ContainerExit, _ container: Container) {
    guard container.verdict != nil || container.unwanted.isEmpty else { return }
    if let pause = pool.scaling.startFailed(now: now) {
      due(at: now + pause)
      return
    }
    pool.scaling.gaveUp(now: now)
    // Where others live the calls go on with them; more are tried again in a while.
    guard !pool.containers.contains(where: { $0.hasStarted && $0.state == .ready }) else { return }
    let reason =
      container.verdict ?? reasonOfEnter(exit) ?? exit.summary
    tell(.warning, "Containers of \"\(pool.name)\" keep dying before their first input: \(reason)")
    for call in pool.calls {
      fail(
        call,
        GantryError(
          .containerStartFailed,
          "Containers of function \"\(pool.name)\" died \(pool.scaling.failuresAllowed) times in a row before their first input; the last: \(reason)"
        ))
    }
  }

  /// What the container's `enter` threw, if that was its end.
  private func reasonOfEnter(_ exit: ContainerExit) -> String? {
    // What the program printed before may hold the same words: the last are the container's.
    guard case .exit(ContainerStatus.enterThrew) = exit.status,
      let mark = exit.stderrTail.ranges(of: ContainerStatus.enterThrewMark).last
    else { return nil }
    return String(exit.stderrTail[mark.lowerBound...].trimmingSpace())
  }

  private func release(_ container: Container) {
    poller.remove(container.lane.doorbell)
    poller.remove(container.errorPipe)
    close(container.errorPipe)
    if container.pidfd >= 0 {
      poller.remove(container.pidfd)
      close(container.pidfd)
    }
  }

  /// Moves one input to a block of its own.
  func isolate(_ piece: Piece) -> Piece {
    let chunk = chunks[piece.chunk]
    guard chunk.count > 1, chunk.form.flags == 0,
      let extent = extent(of: Int(piece.inputs.lowerBound), in: chunk),
      let block = try? arena.allocate(max(1, extent.count))
    else { return piece }
    let base = arena.pointer(block)
    if let source = extent.baseAddress { base.copyMemory(from: source, byteCount: extent.count) }
    let form = ChunkForm(
      stored: extent.count, raw: extent.count,
      check: checksum(UnsafeRawBufferPointer(start: base, count: extent.count)))
    let own = Chunk(
      call: chunk.call, base: chunk.base + Int(piece.inputs.lowerBound), count: 1, block: block, form: form)
    let id = chunks.insert(own)
    own.call.window.inputBytes += form.stored
    own.call.open += 1
    account(chunk, piece.chunk, 1)
    return Piece(chunk: id, inputs: 0..<1)
  }

  private func extent(of input: Int, in chunk: Chunk) -> UnsafeRawBufferPointer? {
    let all = UnsafeRawBufferPointer(start: arena.pointer(chunk.block), count: chunk.form.stored)
    let width = chunk.call.filler.width
    if width != framed {
      return UnsafeRawBufferPointer(rebasing: all[(input * width)..<((input + 1) * width)])
    }
    var frames = FrameReader(all)
    guard frames.skip(input) else { return nil }
    let start = frames.offset
    guard frames.skip(1) else { return nil }
    return UnsafeRawBufferPointer(rebasing: all[start..<frames.offset])
  }

  /// A container that printed into a closed pipe died of it; so does the program, quietly, as it would alone.
  private func endQuietlyIfOutputIsClosed(_ end: ContainerEnd) {
    guard end == .signal(SIGPIPE) else { return }
    var output = pollfd(fd: 1, events: 0, revents: 0)
    if poll(&output, 1, 0) == 1, output.revents & Int16(POLLERR) != 0 { signalProcess(SIGPIPE) }
  }

  private func exitStatus(_ end: ContainerEnd) -> ContainerExit.Status {
    switch end {
    case .signal(let number): .signal(number, name: signalName(number))
    case .exit(let code): .exit(code)
    case .lost: .lost
    }
  }
}

/// Signals the whole process: the background thread, which mostly has the reason, blocks signals itself.
private func signalProcess(_ number: Int32) { _ = kill(getpid(), number) }

/// The name of a signal, as a person knows it.
func signalName(_ number: Int32) -> String {
  let names: [Int32: String] = [
    SIGABRT: "SIGABRT", SIGALRM: "SIGALRM", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGHUP: "SIGHUP",
    SIGILL: "SIGILL",
    SIGINT: "SIGINT", SIGKILL: "SIGKILL", SIGPIPE: "SIGPIPE", SIGQUIT: "SIGQUIT", SIGSEGV: "SIGSEGV",
    SIGSYS: "SIGSYS", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP", SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2",
    SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
  ]
  return names[number] ?? "signal \(number)"
}

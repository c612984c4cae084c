// The background thread: it alone waits in the kernel, for doorbells while no caller drives, for deaths, for timers.

import GantryContainers
import GantryLanes

extension Coordinator {
  /// Starts the background thread.
  func startBackground() throws(GantryError) {
    if !isInProcess {
      poller.add(keeper.keeperSocket, .keeper, 0)
      poller.add(keeper.zygoteSocket, .zygote, 0)
    }
    let failure = startThread { [self] in runBackground() }
    guard failure == 0 else {
      throw GantryError(
        .zygoteStartFailed, "The driver's background thread could not be started (\(failure)).")
    }
    ForkBook.enter(self)
    for pool in pools where pool.options.inputConcurrency > pool.concurrency {
      log.warning(
        "Function \"\(pool.name)\" has inputConcurrency \(pool.options.inputConcurrency), but its body is synchronous: its containers run one input at a time. Make the body async, or leave the option out."
      )
    }
    locked {
      now = monotonicNow()
      for pool in pools {
        enlist(pool)
        grow(pool)
      }
      armTimer()
    }
  }

  private func runBackground() {
    var patience = Coordinator.idlePatience
    while true {
      let events = poller.wait(milliseconds: patience)
      gate.pass()
      let isOver = locked {
        now = monotonicNow()
        // What it waits in may have been closed, which nothing tells.
        if events?.isEmpty ?? true { checkDescriptors() }
        for (source, id) in events ?? [] { heed(source, id) }
        unmute()
        showProgress()
        // Where a caller drives, it does the rest, and two would only be in each other's way.
        if !isStopped { roundUnlessDriven() }
        let isIdle = pools.allSatisfy { $0.calls.isEmpty }
        patience = isIdle ? Coordinator.idlePatience : Coordinator.busyPatience
        return isStopped
      }
      if isOver { return }
    }
  }

  /// How long nothing may be heard, in milliseconds, before it is looked whether anything could be.
  private static let busyPatience: Int32 = 1000
  private static let idlePatience: Int32 = 60_000

  private func heed(_ source: Poller.Source, _ id: UInt64) {
    switch source {
    case .timer:
      // It may have been set for something that came sooner: what is due later stays due.
      if deadline <= now { deadline = .max }
      armedDeadline = .max
    case .wake:
      break
    case .doorbell:
      if let container = containers[id] { noteRing(container) }
    case .keeper: hearKeeper()
    case .zygote: hearZygote()
    case .process:
      guard let container = containers[id] else { return }
      // Readable for good: it is not asked again.
      poller.remove(container.pidfd)
      noteGone(container)
      hearZygote()
    case .errorPipe:
      guard let container = containers[id] else { return }
      readWords(of: container)
    }
  }

  /// Stops listening to a container that rings for nothing time and again: it would keep this thread busy for ever.
  ///
  /// What it has to say is found by the timer, a little later.
  private func noteRing(_ container: Container) {
    guard !container.lane.isPending else { return }
    container.emptyRings += 1
    guard container.emptyRings == Coordinator.emptyRingsAllowed else { return }
    poller.remove(container.lane.doorbell)
    tell(
      .info,
      "Container \(container.namedPid) of \"\(container.pool.name)\" rang \(container.emptyRings) times for nothing; the driver looks after it by the clock from now on."
    )
  }

  private static let emptyRingsAllowed = 10_000

  /// Sets the timer to whatever is due first.
  func armTimer() {
    var next = deadline
    var isBusy = false
    for (_, container) in containers {
      if !container.ledger.isEmpty { isBusy = true }
      if let gone = container.goneSince { next = min(next, gone + Coordinator.statusPatience) }
      if let leaveBy = container.leaveBy { next = min(next, leaveBy) }
      if let overdue = zygoteDeadline(container) { next = min(next, overdue) }
      if container.state == .starting {
        next = min(next, container.startedAt + container.pool.options.startupTimeout.clampedNanoseconds)
      }
    }
    if isBusy { next = min(next, nextTick) }
    next = min(next, progressDueAt)
    for pool in activePools {
      for call in pool.calls { next = min(next, call.feeder?.shipBy ?? .max) }
    }
    deadline = next
    guard next < armedDeadline else { return }
    armedDeadline = next
    if !isStopped, !poller.setTimer(next) { checkDescriptors() }
  }

  /// Ends the background thread's wait.
  func wakeBackground() {
    locked { if !isStopped { poller.wake() } }
  }

  // MARK: The end

  /// Lets running calls finish, then ends everything.
  ///
  /// Idempotent.
  func shutdown() async {
    guard !isForked else { return }
    locked { isShuttingDown = true }
    while locked({
      endForgottenCalls()
      return pools.contains { $0.calls.contains { !$0.isComplete } }
    }) {
      try? await Task.sleep(nanoseconds: 1_000_000)
    }
    retireSessions()
    while hasSessions { try? await Task.sleep(nanoseconds: 1_000_000) }
    stop()
  }

  /// Ends calls that nothing is in flight for and nobody has asked for results of in a while.
  ///
  /// A half-read iterator that is kept would hold up a shutdown for ever. What was delivered to it stays there; then
  /// it throws.
  private func endForgottenCalls() {
    let now = monotonicNow()
    for pool in pools {
      for call in pool.calls where !call.isComplete {
        guard call.open == 0, call.waiter == nil, !call.isFilling else {
          call.forgottenSince = nil
          continue
        }
        let since = call.forgottenSince ?? now
        call.forgottenSince = since
        if now &- since > Coordinator.forgetting {
          fail(
            call,
            GantryError(
              .shutDown, "The driver was shut down before this map of \"\(pool.name)\" was read to its end."))
        }
      }
    }
  }

  private static let forgetting: UInt64 = 1_000_000_000

  /// Ends containers, zygote, keeper and the background thread, at once but for the `exit` of those that have one.
  ///
  /// In a fork of the process that made it there is nothing to end.
  func stop() {
    guard !isForked else { return }
    retireSessions()
    waitForSessions()
    let isFirst = locked {
      guard !isStopped else { return false }
      isStopped = true
      isShuttingDown = true
      let gone = GantryError(.shutDown, shutDownMessage)
      for pool in pools {
        for call in pool.calls { fail(call, gone) }
        for container in pool.containers { container.lane.stop() }
      }
      return true
    }
    guard isFirst else { return }
    bar?.clear()
    poller.wake()
    locked {
      keeper.stop()
      for container in Array(containers.values) { bury(container, end: .lost) }
    }
  }
}

// Starts containers and hears of their starts and ends from the zygote and the keeper.

import GantryContainers
import GantryLanes
import GantryScheduling

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension Coordinator {
  /// Asks the zygote for one more container; false: it could not be asked for now.
  func startContainer(of pool: Pool) -> Bool {
    lastEpoch += 1
    let epoch = lastEpoch
    do {
      let lane = try LaneProducer(
        ringBytes: UInt64(Coordinator.completionRingBytes), epoch: epoch, function: UInt32(pool.function),
        fenced: !canReachContainers, anonymous: sharedMemoryIsShort(for: Coordinator.completionRingBytes))
      if isInProcess {
        try startInProcess(of: pool, lane, epoch)
        return true
      }
      let pipe = try makePipe()
      defer { close(pipe.writing) }
      let regions = lane.containerDescriptors
      var request = SpawnRequest(
        epoch: epoch, function: pool.function, memoryLimit: pool.options.memoryLimit, arenaBytes: arena.bytes,
        ringBytes: lane.ringBytes, stepKill: stepKill(for: epoch))
      request.sandbox = pool.sandbox
      request.isMarked = runsProgram
      request.concurrency = pool.concurrency
      do {
        try keeper.request(
          request, [pipe.writing, arena.readable, regions.driverPage, regions.containerRegion, lane.doorbell])
      } catch {
        // The zygote is being replaced, or its socket is full: there will be another turn.
        close(pipe.reading)
        debug("No container was asked for: \(error)")
        due(at: now + Coordinator.spawnPause)
        return false
      }
      lane.closeContainerDescriptors()
      let container = Container(epoch: epoch, pool: pool, lane: lane, errorPipe: pipe.reading, now: now)
      if runsProgram {
        container.mark = containerMark(epoch: epoch)
        container.isHeard = !isTestRunner || pool.isSynchronous
      }
      enlist(container)
      poller.add(container.errorPipe, .errorPipe, epoch)
      return true
    } catch {
      debug("No container could be started for \"\(pool.name)\": \(error)")
      if pool.containers.isEmpty, !makeRoom(for: pool) {
        for call in pool.calls {
          fail(call, GantryError(.sharedMemory, "No container could be started: \(error)", underlying: error))
        }
      }
      return false
    }
  }

  /// Waits for what other containers hold, and has an idle one of another function leave for it; false: there is none,
  /// or it was waited for in vain.
  ///
  /// `failed` is one that could not be had itself.
  private func makeRoom(for pool: Pool, besides failed: Container? = nil) -> Bool {
    let others = containers.values.filter { $0 !== failed }
    let since = pool.wantsRoomSince ?? now
    // Others may be at work, or want room themselves: only a lasting want ends calls.
    guard !others.isEmpty, now &- since < Coordinator.roomPatience else {
      pool.wantsRoomSince = nil
      return false
    }
    pool.wantsRoomSince = since
    // What one that is leaving holds is free in a moment, and one that starts for nothing can leave when it is ready.
    let isSoon = others.contains { $0.state == .closing || ($0.state == .starting && $0.ledger.isEmpty) }
    let idle = others.first {
      $0.state == .ready && $0.ledger.isEmpty && $0.pool.containers.count > $0.pool.options.minContainers
    }
    if !isSoon, let idle {
      debug("Container \(idle.pid) of \"\(idle.pool.name)\" makes room for one of \"\(pool.name)\".")
      retire(idle)
    }
    return true
  }

  /// How long a function waits for room that the containers of others have.
  private static let roomPatience: UInt64 = 5_000_000_000

  /// Enters a container that was asked for into the books.
  func enlist(_ container: Container) {
    let pool = container.pool
    container.lane.setParked(.always)
    containers[container.epoch] = container
    pool.containers.append(container)
    enlist(pool)
    pool.counts.started += 1
    poller.add(container.lane.doorbell, .doorbell, container.epoch, edge: true)
    due(at: now + pool.options.startupTimeout.clampedNanoseconds)
  }

  static let completionRingBytes = 1 << 20
  static let spawnPause: UInt64 = 5_000_000

  /// Reads what the zygote has to say.
  func hearZygote() {
    do {
      while let notice = try keeper.hearZygote() { heed(notice) }
    } catch {
      // Its end is the keeper's to report; a closed socket would be readable for ever.
      poller.remove(keeper.zygoteSocket)
    }
  }

  /// Reads what the keeper has to say.
  func hearKeeper() {
    do {
      while let notice = try keeper.hearKeeper() { heed(notice, fromKeeper: true) }
    } catch {
      poller.remove(keeper.keeperSocket)
      if !isStopped { loseKeeper() }
    }
  }

  /// The keeper reports the end of containers whose zygote is dead, the zygote that of all others.
  private func heed(_ notice: Notice, fromKeeper: Bool = false) {
    switch notice {
    case .spawned(let request, let pid, let process):
      guard let container = containers[request] else {
        // It was given up before: what it was to run is others' by now.
        keeper.killContainer(pid, process)
        if process >= 0 { close(process) }
        return
      }
      container.pid = pid
      container.pidfd = process
      container.pool.wantsRoomSince = nil
      zygote.endsInRow = 0
      if process >= 0 { poller.add(process, .process, container.epoch) }
      // One that was asked to leave meanwhile does so by itself.
      if container.state == .closing, container.leaveBy == nil { kill(container) }
      debug("Container \(pid) of \"\(container.pool.name)\" was started.")
    case .spawnFailed(let request, let reason):
      guard let container = containers[request] else { return }
      container.lastWords = Array("It could not be forked: \(reason).".utf8)
      // Processes may be what idle containers of other functions hold: then it did not fail, it was early.
      if container.pool.containers.count == 1, makeRoom(for: container.pool, besides: container) {
        container.isOrphan = true
        due(at: container.pool.scaling.startPostponed(now: now))
      }
      bury(container, end: .lost)
    case .exited(let pid, let end):
      guard let container = containers.values.first(where: { $0.pid == pid }) else { return }
      container.isOrphan = fromKeeper
      bury(container, end: end)
    case .zygoteStarted(let number):
      poller.add(keeper.zygoteSocket, .zygote, 0)
      noteZygote(number)
    case .zygoteReady:
      zygote.servesSince = now
    case .zygoteExited:
      hearZygote()
      noteZygoteEnd()
    case .zygoteFailed(let reason):
      noteZygoteFailure(reason)
    }
  }

  /// Without a keeper nobody would clean up behind the driver: its calls end with the reason.
  private func loseKeeper() {
    tell(.info, "The process that keeps the containers was killed.")
    let lost = GantryError(
      .zygoteStartFailed, "The process that keeps the containers was killed. Make another Driver to go on.")
    isShuttingDown = true
    for pool in pools {
      for call in pool.calls { fail(call, lost) }
    }
  }
}

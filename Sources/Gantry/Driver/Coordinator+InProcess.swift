// Containers that are threads of this process: started without a zygote, and written off where others are killed.

import GantryContainers
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension Coordinator {
  /// Starts a container as a thread.
  func startInProcess(of pool: Pool, _ lane: LaneProducer, _ epoch: UInt64) throws {
    let container = Container(epoch: epoch, pool: pool, lane: lane, errorPipe: -1, now: now)
    container.pid = getpid()
    let regions = lane.containerDescriptors
    let request = InProcessRequest(
      arenaBytes: arena.bytes, ringBytes: lane.ringBytes, concurrency: pool.concurrency,
      arena: arena.readable,
      driverPage: regions.driverPage,
      containerRegion: regions.containerRegion, doorbell: lane.doorbell)
    enlist(container)
    do {
      try GantryContainers.startInProcess(pool.runner, request) { [weak self] reason in
        self?.noteEnd(of: epoch, reason)
      }
      lane.closeContainerDescriptors()
    } catch {
      bury(container, end: .lost)
      throw error
    }
  }

  private func noteEnd(of epoch: UInt64, _ reason: String?) {
    round {
      guard let container = containers[epoch] else { return }
      if let reason { container.lastWords = Array(reason.utf8) }
      bury(container, end: .exit(reason == nil ? 0 : ContainerStatus.enterThrew))
    }
  }

  /// Gives up on a thread, which cannot be killed: it goes when its body returns, and what it still writes is not read.
  func writeOff(_ container: Container) {
    container.lane.stop()
    // Buried with those whose status nobody waits for any longer, in the next look at the stalled.
    container.goneSince = now &- Coordinator.statusPatience
    nextTick = now
  }
}

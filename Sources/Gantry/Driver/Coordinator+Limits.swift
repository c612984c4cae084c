// Feeds functions whose starts are limited: one input at a time, to containers that begin it at once, and only when the
// limiter has a place. Tells the limiter when it has seen an input start.

import GantryLanes
import GantryScheduling

extension Pool {
  /// Whether containers are given single inputs that they begin at once.
  var feedsSingly: Bool { limiter != nil || concurrency > 1 }

  /// The container that begins another input soonest, and with the fewest beside it.
  func freest(but reserved: Container? = nil) -> Container? {
    var best: Container?
    for container in containers where container.canBegin && container !== reserved {
      if let chosen = best, chosen.ledger.inputs <= container.ledger.inputs { continue }
      best = container
    }
    return best
  }
}

extension Container {
  /// Whether it would begin another input at once.
  var canBegin: Bool {
    guard state == .ready, isFeedable else { return false }
    if ledger.isEmpty { return true }
    // One in its grace may be killed, and its other inputs would have to begin again.
    guard ledger.entries.count < pool.concurrency, !isAlone, unwanted.isEmpty else { return false }
    return (try? lane.claimed()).map { lane.canPublish(claimed: $0) } ?? false
  }
}

extension Coordinator {
  /// Feeds containers of a pool that can begin an input at once.
  func feedSingly(_ pool: Pool) {
    observeStarts(pool)
    let reserved = feedAlone(pool)
    while pool.startsAvailable(now: now) > 0, let container = pool.freest(but: reserved),
      let call = pool.nextToFeed()
    {
      give(call, to: container)
      noteGranted(container)
    }
    // Without a container, too: whether one is started depends on what may start.
    if let next = pool.limiter?.next(), pool.startsAvailable(now: now) <= 0,
      pool.calls.contains(where: { $0.pendingInputs > 0 })
    {
      due(at: next)
    }
  }

  /// Notes that what was published last is about to start.
  func noteGranted(_ container: Container) {
    let pool = container.pool
    guard pool.limiter != nil else { return }
    pool.limiter?.grant()
    container.unseen.append(container.lane.published &- 1)
    due(at: now + observationInterval(pool))
  }

  // MARK: Observing

  /// How soon a start is looked for: what passes until it is seen is lost to the rate.
  private func observationInterval(_ pool: Pool) -> UInt64 {
    min(max((pool.limiter?.span ?? 0) / 64, 50_000), Coordinator.shortestTick)
  }

  /// A container says that an input runs some instructions before its function begins; a busy machine may stretch them.
  private func margin(_ pool: Pool) -> UInt64 { min((pool.limiter?.span ?? 0) / 32, 10_000_000) }

  private func observeStarts(_ pool: Pool) {
    guard pool.limiter != nil else { return }
    for container in pool.containers where !container.unseen.isEmpty {
      container.unseen.removeAll { position in
        guard let time = startObserved(position, container) else { return false }
        pool.limiter?.observe(at: time)
        return true
      }
      if !container.unseen.isEmpty { due(at: now + observationInterval(pool)) }
    }
  }

  /// The time before which an input has certainly started; nil: it may be about to.
  private func startObserved(_ position: UInt64, _ container: Container) -> UInt64? {
    // What has left the lane has started before, or never will.
    guard container.ledger.contains(position) else { return monotonicNow() }
    if container.pool.concurrency > 1 {
      guard let claimed = try? container.lane.claimed(), Int64(bitPattern: claimed &- position) > 0 else {
        return nil
      }
      return monotonicNow() + margin(container.pool)
    }
    let progress = container.progress()
    guard progress.tag == LaneProgress.tag(of: position), progress.isRunning else { return nil }
    return monotonicNow() + margin(container.pool)
  }

  /// A container that is gone starts nothing any more.
  func forgetUnseen(_ container: Container) {
    for _ in container.unseen { container.pool.limiter?.observe(at: monotonicNow()) }
    container.unseen = []
  }
}

extension Pool {
  /// How many inputs may start now.
  func startsAvailable(now: UInt64) -> Int { limiter?.available(now: now) ?? .max }
}

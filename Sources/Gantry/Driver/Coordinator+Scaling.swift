// Starts containers where work waits, and lets those go that have been idle for long or have run their share.

import GantryScheduling

extension Coordinator {
  /// Starts containers where work waits and all others are busy.
  func grow(_ pool: Pool) {
    guard !isShuttingDown || !pool.calls.isEmpty else { return }
    var alive = 0
    var hungry = 0
    // One that is busy with what nobody wants any more is as good as gone: the next call is not to wait for its grace.
    for container in pool.containers where container.state != .closing && container.cancelDeadline == nil {
      alive += 1
      if container.isHungry || container.state == .starting { hungry += 1 }
    }
    let snapshot = PoolScaling.Snapshot(containers: alive, hungry: hungry, waiting: pool.waitingInputs)
    let decision = pool.scaling.start(snapshot, now: now)
    if let again = decision.again { due(at: again) }
    let least = isShuttingDown || pool.isDissolving ? 0 : pool.options.minContainers - alive
    let count = max(decision.count, min(least, pool.maxContainers - alive))
    guard count > 0 else { return }
    for _ in 0..<count where !startContainer(of: pool) { break }
    while let call = pool.nextToFeed(),
      let container = pool.containers.first(where: { $0.ledger.isEmpty && $0.isFeedable })
    {
      give(call, to: container)
    }
  }

  /// One more pool for a function that its zygote knows already.
  func addPool(like sibling: Pool, _ options: FunctionOptions) -> Pool {
    let pool = Pool(name: sibling.name, function: sibling.function, options: options)
    round { pools.append(pool) }
    return pool
  }

  /// Lets a pool end that nobody can call any more.
  func dissolve(_ pool: Pool) {
    round { pool.isDissolving = true }
  }

  /// Forgets pools that have dissolved.
  func forgetDissolved() {
    pools.removeAll { $0.isDissolving && $0.calls.isEmpty && $0.containers.isEmpty }
  }

  /// Asks containers to leave that were idle for the whole window, or have run as many inputs as they may.
  func shrink(_ pool: Pool) {
    var alive = 0
    for container in pool.containers where container.state != .closing { alive += 1 }
    let window = pool.options.scaledownWindow.clampedNanoseconds
    for container in pool.containers where container.state == .ready && container.ledger.isEmpty {
      if container.inputsLeft <= 0 || alive > pool.maxContainers || pool.isDissolving {
        retire(container)
        alive -= 1
      } else if alive > pool.options.minContainers {
        guard now >= container.idleSince &+ window else {
          due(at: container.idleSince &+ window)
          continue
        }
        retire(container)
        alive -= 1
      }
    }
  }

  private func retire(_ container: Container) {
    container.isRetiring = true
    container.state = .closing
    container.lane.stop()
  }
}

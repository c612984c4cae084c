// Starts containers where work waits, and lets those go that have been idle for long or have run their share.

import GantryScheduling

extension Pool {
  /// Whether it has something to do, or something to keep.
  var isActive: Bool {
    !calls.isEmpty || !containers.isEmpty || (options.minContainers > 0 && !isDissolving)
  }
}

extension Coordinator {
  /// Has turns look at a pool: when it gets a call or a container, or has some to keep.
  func enlist(_ pool: Pool) {
    guard !pool.isListed, pool.isActive else { return }
    pool.isListed = true
    activePools.append(pool)
  }

  /// Has turns pass over pools that have come to rest.
  func unlistIdle() {
    for pool in activePools where !pool.isActive { pool.isListed = false }
    activePools.removeAll { !$0.isListed }
  }

  /// Starts containers where work waits and all others are busy, and those that are to be kept ready.
  func grow(_ pool: Pool) {
    guard !isShuttingDown || !pool.calls.isEmpty else { return }
    let waiting = min(pool.waitingInputs, pool.startsAvailable(now: now))
    var snapshot = PoolScaling.Snapshot(containers: 0, hungry: 0, waiting: waiting)
    snapshot.isEnding = isShuttingDown || pool.isDissolving
    // One that is busy with what nobody wants any more is as good as gone: the next call is not to wait for its grace.
    for container in pool.containers where !isGivenUp(container) {
      guard container.state != .closing else {
        // Until it is known why a start failed, no other is tried: that it failed may be what is to be counted.
        if !container.hasStarted && !container.isRetiring {
          snapshot.containers += 1
          snapshot.hungry += 1
        }
        continue
      }
      snapshot.containers += 1
      if pool.couldFeed(container) || isAboutToStart(container) { snapshot.hungry += 1 }
      if !container.ledger.isEmpty { snapshot.busy += 1 }
    }
    let decision = pool.scaling.start(snapshot, now: now)
    if let again = decision.again { due(at: again) }
    guard decision.count > 0 else { return }
    for _ in 0..<decision.count where !startContainer(of: pool) {
      due(at: now + Coordinator.startPause)
      break
    }
    guard !pool.feedsSingly else { return }
    while let call = pool.nextToFeed(),
      let container = pool.containers.first(where: { $0.ledger.isEmpty && $0.isFeedable })
    {
      give(call, to: container)
    }
  }

  /// Whether a container will be ready in a moment; one that enters its state for longer does not hold up others.
  private func isAboutToStart(_ container: Container) -> Bool {
    guard container.state == .starting else { return false }
    let until = container.startedAt &+ Coordinator.startMoment
    if now < until { due(at: until) }
    return now < until
  }

  private static let startMoment: UInt64 = 10_000_000

  /// Whether a container runs something cancelled, and cannot be expected to end it by itself at once.
  private func isGivenUp(_ container: Container) -> Bool {
    guard let at = container.unwanted.first?.at else { return false }
    guard case .async = container.pool.runner else { return true }
    // A task that was cancelled mostly ends in no time, and its container is worth more than a new one.
    let until = at &- cancelGrace &+ Coordinator.cancelPatience
    if now < until { due(at: until) }
    return now >= until
  }

  private static let cancelPatience: UInt64 = 20_000_000

  /// One more pool for a function that its zygote knows already.
  func addPool(like sibling: Pool, _ options: FunctionOptions) throws(GantryError) -> Pool {
    let pool = Pool(
      name: sibling.name, function: sibling.function, options: options, runner: sibling.runner,
      sandbox: try sandboxRules(of: sibling.name, options, isInProcess: isInProcess))
    round {
      pools.append(pool)
      enlist(pool)
    }
    return pool
  }

  /// Lets a pool end that nobody can call any more.
  func dissolve(_ pool: Pool) {
    round {
      pool.isDissolving = true
      mayForget = true
    }
  }

  /// Forgets pools that have dissolved.
  func forgetDissolved() {
    pools.removeAll { $0.isDissolving && $0.calls.isEmpty && $0.containers.isEmpty }
    mayForget = pools.contains { $0.isDissolving }
  }

  /// After so long what could not be started is tried again.
  static let startPause: UInt64 = 100_000_000

  /// Asks containers to leave that were idle for the whole window, or have run as many inputs as they may.
  func shrink(_ pool: Pool) {
    var alive = 0
    var busy = 0
    for container in pool.containers where container.state != .closing {
      alive += 1
      if !container.ledger.isEmpty { busy += 1 }
    }
    let window = pool.options.scaledownWindow.clampedNanoseconds
    var spare = pool.scaling.kept(busy: busy) - busy
    for container in pool.containers where container.state == .ready && container.ledger.isEmpty {
      if container.inputsLeft <= 0 || alive > pool.maxContainers || pool.isDissolving {
        retire(container)
        alive -= 1
      } else if spare > 0 {
        // Kept while others work: its window begins when they are done.
        spare -= 1
        container.idleSince = now
      } else if now >= container.idleSince &+ window {
        retire(container)
        alive -= 1
      } else {
        due(at: container.idleSince &+ window)
      }
    }
  }
}

// Adds up what a function's maps were waiting for. Pure: time is passed in.

/// What keeps a function's maps from going faster.
enum Wait {
  /// Nothing: all inputs were taken and are at work, or there is no map.
  case none
  /// The sequence: containers could take more than it has given.
  case input
  /// Room: neither the ring nor the call's window takes another input.
  case room
  /// Containers: inputs are waiting for one.
  case containers
}

/// The time spent in each kind of wait.
///
/// Guarded by the coordinator's lock.
struct WaitClock {
  private(set) var forInput: UInt64 = 0
  private(set) var forRoom: UInt64 = 0
  private(set) var forContainers: UInt64 = 0
  private var present = Wait.none
  private var since: UInt64 = 0

  /// Shorter spans are left to the next look: a caller that spins looks very often.
  static let resolution: UInt64 = 10_000

  func isDue(at now: UInt64) -> Bool { now &- since >= WaitClock.resolution }

  /// Books the time since the last look, and what is waited for from now on.
  mutating func look(_ next: Wait, at now: UInt64) {
    let span = now &- since
    switch present {
    case .none: break
    case .input: forInput &+= span
    case .room: forRoom &+= span
    case .containers: forContainers &+= span
    }
    present = next
    since = now
  }
}

extension Coordinator {
  /// Looks at what a function's maps are waiting for.
  func noteWaits(of pool: Pool) {
    guard pool.waits.isDue(at: now) else { return }
    pool.waits.look(wait(of: pool), at: now)
  }

  private func wait(of pool: Pool) -> Wait {
    var wait = Wait.none
    for call in pool.calls where !call.isComplete {
      if call.pendingInputs > 0 { return .containers }
      guard call.sourceIsOpen else { continue }
      if call.isFilling || wantsInput(call) {
        wait = .input
      } else if case .none = wait {
        wait = .room
      }
    }
    return wait
  }
}

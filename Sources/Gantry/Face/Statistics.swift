// What a driver has done and is doing, as a value.

/// A snapshot of a driver.
public struct Statistics: Sendable {
  /// One function and its containers.
  public struct FunctionStatistics: Sendable {
    /// The function's name.
    public let name: String
    /// Inputs taken from sequences.
    public let inputsTaken: Int
    /// Inputs that gave an output.
    public let completed: Int
    /// Inputs that failed for good.
    public let failed: Int
    /// Attempts that were repeated.
    public let retried: Int
    /// Chunks sent.
    public let chunks: Int
    /// Bytes of encoded inputs.
    public let bytesRaw: Int
    /// Bytes they took in shared memory.
    public let bytesPacked: Int
    /// Containers started so far.
    public let containersStarted: Int
    /// Containers that ended so far, for any reason.
    public let containersDied: Int
    /// The containers that live.
    public let containers: [ContainerStatistics]
  }

  /// One container.
  public struct ContainerStatistics: Sendable {
    /// What a container is doing.
    public enum State: Sendable {
      /// Asked for, not yet running.
      case starting
      /// Without work.
      case idle
      /// At work.
      case busy
      /// On its way out.
      case ending
    }

    /// Its process identifier, 0 before it is known.
    public let pid: Int32
    /// What it is doing.
    public let state: State
    /// Outputs it has delivered.
    public let outputs: Int
  }

  /// The functions, in the order they were given.
  public let functions: [FunctionStatistics]
  /// The share of the memory for inputs in flight that is in use, or of descriptors, whichever is more; 0 to 1.
  public let occupancy: Double
}

extension Coordinator {
  /// Whether no call is running.
  var isIdle: Bool { locked { pools.allSatisfy { $0.calls.isEmpty } } }

  func statistics() -> Statistics {
    locked {
      var used = Double(arena.used) / Double(ringBytes)
      let functions = pools.map { pool in
        let containers = pool.containers.map { container in
          used = max(used, Double(container.ledger.entries.count) / Double(Container.mostEntries))
          return Statistics.ContainerStatistics(
            pid: container.pid, state: container.publicState, outputs: container.outputs)
        }
        let counts = pool.counts
        return Statistics.FunctionStatistics(
          name: pool.name, inputsTaken: counts.inputsTaken, completed: counts.completed,
          failed: counts.failed,
          retried: counts.retried, chunks: counts.chunks, bytesRaw: counts.bytesRaw,
          bytesPacked: counts.bytesPacked,
          containersStarted: counts.started, containersDied: counts.died, containers: containers)
      }
      return Statistics(functions: functions, occupancy: min(1, used))
    }
  }
}

extension Container {
  fileprivate var publicState: Statistics.ContainerStatistics.State {
    switch state {
    case .starting: .starting
    case .closing: .ending
    case .ready: ledger.isEmpty ? .idle : .busy
    }
  }
}

// What a driver has done and is doing, as a value.

import GantryLanes

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
    /// Inputs taken that have neither given an output nor failed for good, those of cancelled maps left out.
    public let unfinished: Int
    /// How long its maps waited for their input sequences, encoding included, while containers could take more.
    public let waitedForInput: Duration
    /// How long its maps took no input because the ring was full, or because their callers had not taken enough outputs.
    public let waitedForRoom: Duration
    /// How long inputs of its maps waited for a container: the time during which more of them would have helped.
    public let waitedForContainers: Duration

    /// Containers that were asked for and do not run yet.
    public var starting: Int { count(.starting) }
    /// Containers without work.
    public var idle: Int { count(.idle) }
    /// Containers at work.
    public var busy: Int { count(.busy) }
    /// What the bytes sent were of the bytes encoded: 1 where nothing was compressed, or nothing sent.
    public var packing: Double { bytesRaw > 0 ? Double(bytesPacked) / Double(bytesRaw) : 1 }

    private func count(_ state: ContainerStatistics.State) -> Int {
      containers.count { $0.state == state }
    }
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
    /// Inputs it has finished, whatever became of them.
    public let outputs: Int
    /// Those of them that threw, or whose output could not be encoded.
    public let failed: Int
    /// Inputs it was given and has not finished.
    public let inFlight: Int
    /// The share of its ring's descriptors that are in use; 0 to 1.
    public let occupancy: Double
    /// How long ago it was asked for.
    public let age: Duration
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
      now = monotonicNow()
      let functions = pools.map { pool in
        noteWaits(of: pool)
        return Statistics.FunctionStatistics(pool, now: now)
      }
      let fullest = functions.flatMap(\.containers).map(\.occupancy).max() ?? 0
      return Statistics(
        functions: functions, occupancy: min(1, max(fullest, Double(arena.used) / Double(ringBytes))))
    }
  }
}

extension Statistics.FunctionStatistics {
  fileprivate init(_ pool: Pool, now: UInt64) {
    let counts = pool.counts
    name = pool.name
    inputsTaken = counts.inputsTaken
    completed = counts.completed
    failed = counts.failed
    retried = counts.retried
    chunks = counts.chunks
    bytesRaw = counts.bytesRaw
    bytesPacked = counts.bytesPacked
    containersStarted = counts.started
    containersDied = counts.died
    containers = pool.containers.map { Statistics.ContainerStatistics($0, now: now) }
    unfinished = pool.calls.reduce(0) { $1.isCancelled || $1.failure != nil ? $0 : $0 + $1.open }
    waitedForInput = .nanoseconds(Int64(clamping: pool.waits.forInput))
    waitedForRoom = .nanoseconds(Int64(clamping: pool.waits.forRoom))
    waitedForContainers = .nanoseconds(Int64(clamping: pool.waits.forContainers))
  }
}

extension Statistics.ContainerStatistics {
  fileprivate init(_ container: Container, now: UInt64) {
    pid = container.pid
    state =
      switch container.state {
      case .starting: .starting
      case .closing: .ending
      case .ready: container.ledger.isEmpty ? .idle : .busy
      }
    outputs = container.outputs
    failed = container.failed
    inFlight = container.ledger.inputs
    occupancy = Double(container.ledger.entries.count) / Double(Container.mostEntries)
    age = .nanoseconds(Int64(clamping: now &- container.startedAt))
  }
}

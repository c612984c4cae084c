// A call that goes on by itself, as its owner sees it: its outputs, its state, and a way to end it.

/// A call that was spawned.
///
/// Its outputs are kept in memory, outside any window, while a copy of this value or its results live; once the last is
/// gone they are dropped as they arrive. Dropping it cancels nothing: a driver's shutdown, and the end of an `App`, wait
/// for it.
public struct FunctionCall<Output: Sendable>: Sendable {
  private let call: SpawnedCall<Output>
  private let keeper: OutputKeeper

  init(_ call: SpawnedCall<Output>) {
    self.call = call
    keeper = OutputKeeper { call.drop() }
  }

  /// A name for the call, different from that of any other in this process.
  public var id: String { call.id }

  /// The outputs, in the order of the inputs, as they arrive; those that have arrived already come at once.
  ///
  /// Leaving the iteration early cancels nothing. A second call traps, as a second pass would.
  ///
  /// - Returns: The results. They end by throwing where the input sequence threw or the call was cancelled.
  public func results() -> MapResults<Output> {
    call.takeResults()
    return MapResults(SpawnedStream(call, keeper))
  }

  /// Waits for the output of a call of one input, made by `spawn`.
  ///
  /// May be called again, and by several tasks.
  ///
  /// - Parameter timeout: How long to wait; nil for as long as it takes. The call goes on after it.
  /// - Returns: The output.
  /// - Throws: `InputError` if the input failed or was cancelled; `GantryError` `.timedOut` after `timeout`,
  ///   `.severalOutputs` for a call made by `spawnMap`; `CancellationError` in a cancelled task.
  public func get(timeout: Duration? = nil) async throws -> Output { try await call.get(timeout) }

  /// Waits until all inputs were run, or the call was cancelled; needs no consumer of the results.
  ///
  /// - Throws: What the input sequence threw; `GantryError`; `CancellationError` in a cancelled task. Nothing for failed
  ///   inputs.
  public func wait() async throws { try await call.wait() }

  /// What has become of its inputs so far: a snapshot under the driver's lock.
  public var status: CallStatus { call.status }

  /// Ends the call: inputs that were not started never start, what runs is cancelled.
  ///
  /// Outputs that had arrived stay. Nothing happens if the call has ended.
  public func cancel() { call.cancel() }
}

/// What has become of the inputs of a spawned call.
public struct CallStatus: Sendable, Equatable {
  /// Inputs in all; nil while the sequence has not ended and cannot tell.
  public let total: Int?
  /// Inputs that gave an output.
  public let completed: Int
  /// Inputs that failed for good.
  public let failed: Int
  /// Inputs that were given up because the call was cancelled: all that were left, where the total is known.
  public let cancelled: Int
  /// Inputs taken that have not ended: waiting or in a container; none once the call itself has ended.
  public let running: Int
}

/// Waits for the outputs of several calls of one input each.
///
/// - Parameter calls: Calls made by `spawn`.
/// - Returns: Their outputs, in the order of the calls.
/// - Throws: The first failure to come; the other calls go on.
public func gather<T>(_ calls: FunctionCall<T>...) async throws -> [T] { try await gather(calls) }

/// Waits for the outputs of an array of calls of one input each.
///
/// - Parameter calls: Calls made by `spawn`.
/// - Returns: Their outputs, in the order of the calls.
/// - Throws: The first failure to come; the other calls go on.
public func gather<T>(_ calls: [FunctionCall<T>]) async throws -> [T] {
  try await withThrowingTaskGroup(of: (Int, T).self) { group in
    for (place, call) in calls.enumerated() {
      group.addTask { (place, try await call.get()) }
    }
    var outputs = [T?](repeating: nil, count: calls.count)
    for try await (place, output) in group { outputs[place] = output }
    return outputs.compactMap { $0 }
  }
}

/// Says when the last who might ask for outputs is gone.
final class OutputKeeper: Sendable {
  private let drop: @Sendable () -> Void

  init(_ drop: @escaping @Sendable () -> Void) { self.drop = drop }

  deinit { drop() }
}

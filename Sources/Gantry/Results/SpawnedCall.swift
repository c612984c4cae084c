// A call that nobody waits for: a task takes its outputs as they arrive and keeps them for whoever asks later.

import GantryScheduling

/// What all copies of a FunctionCall share.
final class SpawnedCall<Output: Sendable>: Sendable {
  private struct State {
    var runs = Fifo<Run<Output>>()
    /// The output of a call of one input, which may be asked for again.
    var single: Result<Output, InputError>?
    var isDropped = false
    var areResultsTaken = false
    /// Outputs whose bytes made no value.
    var undecodable = 0
    var end: End?
  }

  private enum End {
    case plain
    case error(any Error)
  }

  let id: String
  private let request: CallRequest<Output>
  private let call: Call
  private let coordinator: Coordinator
  private let state = Monitor(State())

  /// Begins the call.
  init(_ request: CallRequest<Output>) throws(GantryError) {
    self.request = request
    let stream = CallStream(request)
    call = try stream.begin()
    coordinator = request.coordinator(of: call)
    let name = request.functionName()
    id = "\(name)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    coordinator.prime(call)
    Task.detached { await self.keep(stream) }
  }

  private func keep(_ stream: CallStream<Output>) async {
    do {
      while let run = try await stream.nextRun() { keep(run) }
      end(.plain)
    } catch {
      end(.error(error))
    }
  }

  private func keep(_ run: Run<Output>) {
    state.update { state in
      if run.isUndecodable { state.undecodable += 1 }
      if request.isSingle, state.single == nil {
        state.single = run.elements.first.map { .success($0) } ?? run.failure.map { .failure($0) }
      }
      if !state.isDropped { state.runs.append(run) }
    }
  }

  private func end(_ end: End) {
    state.update { $0.end = end }
  }

  // MARK: What its owners ask for

  func takeResults() {
    let isFirst = state.update { state in
      defer { state.areResultsTaken = true }
      return !state.areResultsTaken
    }
    require(
      isFirst,
      "FunctionCall.results() was called twice for \(id); keep the results, or what collect() returns.")
  }

  /// The next outputs in order; nil at the end.
  func nextRun() async throws -> Run<Output>? {
    try await state.wait { state in
      if let run = state.runs.popFirst() { return .some(run) }
      switch state.end {
      case nil: return nil
      case .plain: return .some(nil)
      case .error(let error): throw error
      }
    } ?? nil
  }

  func nextRunBlocking() throws -> Run<Output>? {
    try state.waitBlocking { state in
      if let run = state.runs.popFirst() { return .some(run) }
      switch state.end {
      case nil: return nil
      case .plain: return .some(nil)
      case .error(let error): throw error
      }
    }
  }

  func get(_ timeout: Duration?) async throws -> Output {
    guard request.isSingle else {
      throw GantryError(
        .severalOutputs, "get() gives the one output of spawn(...); use results() for the outputs of \(id).")
    }
    let result: Result<Output, InputError>? = try await state.wait(timeout) { state in
      if let single = state.single { return single }
      if case .error(let error) = state.end { throw error }
      guard state.end != nil else { return nil }
      throw GantryError(.noOutput, "The call \(self.id) ended without its output.")
    }
    guard let result else {
      throw GantryError(
        .timedOut,
        "The call \(id) has not ended within \(timeout ?? .zero); it goes on, and get() may be called again.")
    }
    return try result.get()
  }

  func wait() async throws {
    let _: Bool? = try await state.wait { state in
      switch state.end {
      case nil: return nil
      case .plain: return true
      case .error(is CancellationError): return true
      case .error(let error): throw error
      }
    }
  }

  var status: CallStatus {
    let undecodable = state.update { $0.undecodable }
    return coordinator.locked {
      let total = call.sourceIsOpen ? call.total : call.nextIndex
      return CallStatus(
        total: total, completed: call.completed, failed: call.failed,
        cancelled: call.isCancelled ? (total ?? call.nextIndex) - call.completed - call.failed : 0,
        running: call.isCancelled || call.failure != nil ? 0 : call.open)
    }.movingToFailed(undecodable)
  }

  func cancel() { coordinator.cancel(call, keeping: request.sink) }

  /// Nobody is left who could ask for outputs.
  func drop() {
    state.update { state in
      state.isDropped = true
      state.runs = Fifo()
    }
    coordinator.locked { request.sink.dropAll() }
  }
}

extension CallStatus {
  /// Outputs that arrived and made no value count as failed.
  fileprivate func movingToFailed(_ count: Int) -> CallStatus {
    CallStatus(
      total: total, completed: completed - count, failed: failed + count, cancelled: cancelled,
      running: running)
  }
}

/// The outputs of a spawned call; they are kept while this lives.
final class SpawnedStream<Output: Sendable>: ResultStream<Output>, @unchecked Sendable {
  private let call: SpawnedCall<Output>
  private var keeper: OutputKeeper?

  init(_ call: SpawnedCall<Output>, _ keeper: OutputKeeper) {
    self.call = call
    self.keeper = keeper
  }

  override func nextRun() async throws -> Run<Output>? { try await call.nextRun() }
  override func nextRunBlocking() throws -> Run<Output>? { try call.nextRunBlocking() }
  override func noteFacts() {}
  override func abandon() {}
}

// The outputs of one call as its caller takes them: in turns of driving between waits, decoded outside the lock.

import GantryLanes
import GantryScheduling

/// The outputs of one call, which begins with the first `nextRun`.
final class CallStream<Output: Sendable>: ResultStream<Output>, @unchecked Sendable {
  private let request: CallRequest<Output>
  private var call: Call?
  private var backlog = Fifo<Run<Output>>()
  private var isOver = false
  private var isNoting = false
  /// Outputs given out whose handing-over was not reported yet.
  private var unreported = 0

  init(_ request: CallRequest<Output>) { self.request = request }

  deinit {
    if call == nil, !isOver, !request.isSingle { request.warnUnconsumed() }
  }

  override func noteFacts() { isNoting = true }

  /// Begins the call before anybody asks for its outputs; they are kept, outside the window.
  func begin() throws(GantryError) -> Call {
    let call = try request.begin()
    self.call = call
    request.coordinator(of: call).collectAll(request.sink, of: call)
    return call
  }

  private func started(byBlocking: Bool = false) throws -> Call {
    if let call { return call }
    let call = try request.begin(noting: isNoting, byBlocking: byBlocking)
    self.call = call
    return call
  }

  // MARK: One run after the other

  override func nextRun() async throws -> Run<Output>? {
    if isOver { return nil }
    await standStillAsBystander { request.isRefused }
    do {
      let call = try started()
      while true {
        switch try step(call) {
        case .run(let run): return run
        case .end: return nil
        case .wait: await wait(for: call, untilEnd: false)
        case .yield: await Task.yield()
        }
      }
    } catch {
      isOver = true
      throw error
    }
  }

  override func nextRunBlocking() throws -> Run<Output>? {
    if isOver { return nil }
    do {
      let call = try started(byBlocking: true)
      while true {
        switch try step(call) {
        case .run(let run): return run
        case .end: return nil
        case .wait: waitBlocking(for: call)
        case .yield: break
        }
      }
    } catch {
      isOver = true
      throw error
    }
  }

  private enum Step {
    case run(Run<Output>)
    case end
    /// Nothing to do until the call has a reason to go on.
    case wait
    /// More to do, after other tasks had their chance.
    case yield
  }

  private func step(_ call: Call) throws -> Step {
    let coordinator = request.coordinator(of: call)
    reportHanded(call, coordinator)
    while true {
      if Task.isCancelled {
        coordinator.cancel(call)
        throw CancellationError()
      }
      if let run = popBacklog(call, coordinator) { return .run(run) }
      switch coordinator.turn(for: call, untilEnd: false) {
      case .deliverable:
        let (parcels, isComplete, failure) = coordinator.take(request.sink, of: call)
        for parcel in parcels {
          for run in parcel.decoded(by: request.sink.coding, function: call.pool.name) { backlog.append(run) }
        }
        guard backlog.isEmpty, isComplete else { continue }
        if let failure { throw failure }
        isOver = true
        return .end
      case .idle: return .wait
      case .busy: return .yield
      }
    }
  }

  private func wait(for call: Call, untilEnd: Bool) async {
    let coordinator = request.coordinator(of: call)
    await withTaskCancellationHandler {
      await coordinator.wait(for: call, untilEnd: untilEnd)
    } onCancel: {
      coordinator.cancel(call)
    }
  }

  /// Reads what has to be read on this thread, or blocks it.
  private func waitBlocking(for call: Call) {
    let coordinator = request.coordinator(of: call)
    let feeder = coordinator.locked { call.isReadByCaller ? call.feeder : nil }
    if feeder?.readHere() != true { coordinator.waitBlocking(for: call) }
  }

  // MARK: The exact ceiling

  /// Takes a run from the backlog: whole, or so little of it that the ceiling stays exact.
  private func popBacklog(_ call: Call, _ coordinator: Coordinator) -> Run<Output>? {
    guard var run = backlog.popFirst() else { return nil }
    guard let ceiling = request.ceiling else { return run }
    let most = max(1, ceiling / 16)
    if run.elements.count > most {
      let first = run.removePrefix(most)
      backlog.prepend(run)
      run = first
    }
    // The first goes straight to the caller; the others lie in its iterator's buffer until it comes back.
    coordinator.hand(1, to: call)
    unreported = run.count - 1
    return run
  }

  private func reportHanded(_ call: Call, _ coordinator: Coordinator) {
    guard unreported > 0 else { return }
    coordinator.hand(unreported, to: call)
    unreported = 0
  }

  // MARK: Collecting

  /// Packed outputs are copied once, from the ring to the end of the array; others are decoded as they come.
  override func collect() async throws -> [Output] {
    guard isCollectable else { return try await super.collect() }
    await standStillAsBystander { request.isRefused }
    let call = try startedCollecting()
    while true {
      switch try collectStep(call) {
      case .all(let outputs): return outputs
      case .wait: await wait(for: call, untilEnd: true)
      case .yield: await Task.yield()
      }
    }
  }

  /// Outputs that nobody keeps are never taken either: they count as handed over when they arrive, framed or not.
  private var isCollectable: Bool {
    (request.sink.coding.width != framed || request.sink.keeping != .all) && call == nil && !isOver
  }

  private func startedCollecting() throws -> Call {
    isOver = true
    let call = try started()
    request.coordinator(of: call).collectAll(request.sink, of: call)
    return call
  }

  private enum CollectStep {
    case all([Output])
    case wait
    case yield
  }

  private func collectStep(_ call: Call) throws -> CollectStep {
    let coordinator = request.coordinator(of: call)
    while true {
      if Task.isCancelled {
        coordinator.cancel(call)
        throw CancellationError()
      }
      switch coordinator.turn(for: call, untilEnd: true) {
      case .deliverable: break
      case .idle: return .wait
      case .busy: return .yield
      }
      let (parcels, isComplete, failure) = coordinator.take(request.sink, of: call)
      guard isComplete || !parcels.isEmpty else { continue }
      var runs: [Run<Output>] = []
      for parcel in parcels { runs += parcel.decoded(by: request.sink.coding, function: call.pool.name) }
      if let failed = runs.first(where: { $0.failure != nil })?.failure {
        coordinator.cancel(call)
        throw failed
      }
      if let failure { throw failure }
      return .all(runs.count == 1 ? runs[0].elements : runs.flatMap { $0.elements })
    }
  }

  override func abandon() {
    guard let call else {
      isOver = true
      return
    }
    request.coordinator(of: call).cancel(call)
  }
}

// The outputs of one call as its caller takes them: in turns of driving between waits, decoded outside the lock.

import GantryLanes
import GantryScheduling

/// The outputs of one call, which begins with the first `nextRun`.
///
/// `@exclusivity(unchecked)`: one iterator uses it, and no change of a property spans a call that could see it.
final class CallStream<Output: Sendable>: ResultStream<Output>, @unchecked Sendable {
  private let request: CallRequest<Output>
  @exclusivity(unchecked) private var call: Call?
  @exclusivity(unchecked) private var backlog = Fifo<Run<Output>>()
  /// Whose outputs were decoded.
  @exclusivity(unchecked) private var buffers = SpareBuffers()
  @exclusivity(unchecked) private var isOver = false
  @exclusivity(unchecked) private var isNoting = false
  /// Outputs given out whose handing-over was not reported yet.
  @exclusivity(unchecked) private var unreported = 0

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
      if !Task.isCancelled, let run = popBacklog(call, coordinator) { return .run(run) }
      let progress = try turn(call, untilEnd: false) { parcel in
        for run in parcel.decoded(by: request.sink.coding, function: call.pool.name) { backlog.append(run) }
      }
      switch progress {
      case .arrival: continue
      case .end:
        guard backlog.isEmpty else { continue }
        isOver = true
        return .end
      case .wait: return .wait
      case .yield: return .yield
      }
    }
  }

  private enum Progress {
    /// There may be more at once.
    case arrival
    /// There will be no more.
    case end
    case wait
    case yield
  }

  /// Drives for a turn, and gives away what arrived.
  private func turn(
    _ call: Call, untilEnd: Bool, _ accept: (inout Parcel<Output>) -> Void
  ) throws -> Progress {
    let coordinator = request.coordinator(of: call)
    if Task.isCancelled {
      coordinator.cancel(call)
      throw CancellationError()
    }
    switch coordinator.turn(for: call, untilEnd: untilEnd) {
    case .idle: return .wait
    case .busy: return .yield
    case .deliverable: break
    }
    var (parcels, isComplete, failure) = coordinator.take(request.sink, of: call, for: buffers)
    buffers = SpareBuffers()
    for place in 0..<parcels.count {
      accept(&parcels[place])
      buffers.add(parcels[place].takeBytes())
    }
    guard isComplete else { return .arrival }
    guard let failure else { return .end }
    // What came before it is to be taken first.
    guard parcels.isEmpty else { return .arrival }
    throw failure
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

  /// Packed outputs are copied once, from the ring to the end of the array; others are decoded to it as they come.
  override func collect() async throws -> [Output] {
    guard canCollect else { return try await super.collect() }
    await standStillAsBystander { request.isRefused }
    let call = try startedCollecting()
    var outputs = room(for: call)
    while true {
      switch try gather(&outputs, of: call) {
      case .wait: await wait(for: call, untilEnd: isUndecoded)
      case .arrival, .yield: await Task.yield()
      case .end: return outputs
      }
    }
  }

  override func collectBlocking() throws -> [Output] {
    guard canCollect, !isUndecoded else { return try super.collectBlocking() }
    let call = try startedCollecting(byBlocking: true)
    var outputs = room(for: call)
    while true {
      switch try gather(&outputs, of: call) {
      case .wait: waitBlocking(for: call)
      case .arrival, .yield: break
      case .end: return outputs
      }
    }
  }

  /// Whether nobody took anything yet, nor is to be given less than arrives.
  private var canCollect: Bool { call == nil && !isOver && (isUndecoded || request.ceiling == nil) }

  /// Outputs that need no decoding stay in the sink until the end.
  ///
  /// So do those that nobody keeps: they count as handed over when they arrive, framed or not.
  private var isUndecoded: Bool { request.sink.coding.width != framed || request.sink.keeping != .all }

  private func startedCollecting(byBlocking: Bool = false) throws -> Call {
    isOver = true
    let call = try started(byBlocking: byBlocking)
    if isUndecoded { request.coordinator(of: call).collectAll(request.sink, of: call) }
    return call
  }

  /// An array that need not grow where it is known what comes; the sink has one of its own for packed outputs.
  private func room(for call: Call) -> [Output] {
    var outputs: [Output] = []
    guard !isUndecoded, let total = call.total else { return outputs }
    outputs.reserveCapacity(sensibleCapacity(for: total, Output.self, bytes: 64 << 20))
    return outputs
  }

  private func gather(_ outputs: inout [Output], of call: Call) throws -> Progress {
    while true {
      var failure: InputError?
      let progress = try turn(call, untilEnd: isUndecoded) { parcel in
        guard failure == nil else { return }
        failure = parcel.decode(to: &outputs, by: request.sink.coding, function: call.pool.name)
      }
      if let failure {
        request.coordinator(of: call).cancel(call)
        throw failure
      }
      guard case .arrival = progress else { return progress }
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

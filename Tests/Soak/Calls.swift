// The calls of a round: every kind of call, of random size, over and over until the time is up. Each result goes to the
// judge, each sign of life to the watchdog.

import Gantry
import Synchronization
import TestSupport

/// The kinds of calls that go on beside each other.
enum Kind: CaseIterable {
  case packed, ordered, framed, asynchronous, concurrent, throwing, timed, large, uneven, bulky, cancelled
  case spawned, single, stealing, splitting, stateful, claims, splits
  case crowded, cancelledTask, slowReader, stream
}

/// One task that makes calls of one kind.
struct Caller: Sendable {
  let kind: Kind
  let functions: Functions
  let pulse: Pulse
  private let judge = Judge.shared
  /// A pool for this caller alone.
  private let tiny: Function<Int, Int>

  init(_ kind: Kind, _ functions: Functions, _ pulse: Pulse) {
    tiny = functions.tiny.with(kind == .claims ? functions.claiming : functions.beginning)
    self.kind = kind
    self.functions = functions
    self.pulse = pulse
  }

  /// Calls until the time is up.
  func run(until end: UInt64, seed: UInt64) async {
    var random = SeededGenerator(seed: seed)
    while monotonic() < end {
      pulse.begin("\(kind)")
      guard await call(&random) else { break }
    }
    pulse.end()
  }

  /// One call; false: there are no numbers left for its inputs.
  private func call(_ random: inout SeededGenerator) async -> Bool {
    func size(_ most: Int) -> Int { Int.random(in: 0...most, using: &random) }
    let isOrdered = Bool.random(using: &random)
    switch kind {
    case .packed: return await map(functions.packed, size(6000), exact: true, isFed: isOrdered)
    case .ordered: return await map(functions.patient, size(6000), exact: true, isOrdered: true)
    case .framed:
      return await map(
        functions.framed, size(3000), isOrdered: isOrdered, rules: .exact, input: text,
        isRight: { $1 == "\(answer($0))" })
    case .asynchronous: return await map(functions.asynchronous, size(2000), exact: true)
    case .concurrent: return await map(functions.concurrent, size(800), exact: false)
    case .throwing:
      return await map(functions.throwing, size(600), exact: true, throwing: Functions.throwing)
    case .timed: return await map(functions.timed, size(800), exact: false)
    case .large:
      return await map(
        functions.large, size(150), isOrdered: isOrdered, rules: .exact, input: { $0 },
        isRight: { $1 == words($0, largeSize($0)) })
    case .uneven: return await map(functions.uneven, size(20_000), exact: true)
    case .bulky:
      return await map(
        functions.bulky, size(200), rules: .exact, input: { words($0, bulkySize($0)) },
        isRight: { $1 == answer($0) })
    case .stealing: return await map(functions.stealing, size(3000), exact: true, isOrdered: isOrdered)
    case .splitting: return await map(functions.splitting, size(16_000), exact: true)
    case .stateful: return await map(functions.stateful, size(1000), exact: true)
    case .claims: return await disturb(tiny, 20_000, disturbing: 2)
    case .splits: return await disturb(tiny, 20_000, disturbing: 8)
    case .crowded: return await map(functions.crowded, size(600), exact: false)
    case .cancelledTask: return await cancelTask(size(3000), after: size(40))
    case .slowReader:
      return await map(
        functions.large, size(80), isOrdered: isOrdered, rules: .exact, napEach: 7, input: { $0 },
        isRight: { $1 == words($0, largeSize($0)) })
    case .stream: return await stream(size(1500))
    case .cancelled: return await cancel(&random)
    case .spawned: return await spawn(size(40))
    case .single: return await single(size(30))
    }
  }

  private func map(
    _ function: Function<Int, Int>, _ count: Int, exact: Bool, isOrdered: Bool = false, isFed: Bool = false,
    throwing: Dangers? = nil
  ) async -> Bool {
    await map(
      function, count, isOrdered: isOrdered, isFed: isFed, rules: exact ? .exact : .blame, throwing: throwing,
      input: { $0 }, isRight: { $1 == answer($0) })
  }

  private func map<Input, Output>(
    _ function: Function<Input, Output>, _ count: Int, isOrdered: Bool = false, isFed: Bool = false,
    rules: Rules, throwing: Dangers? = nil, napEach: Int = 0, input: @escaping @Sendable (Int) -> Input,
    isRight: (Int, Output) -> Bool
  ) async -> Bool {
    guard let base = judge.number(count) else { return false }
    let ids = base..<(base + count)
    let results =
      isFed
      ? function.map(
        sequence(first: base) { $0 + 1 < ids.upperBound ? $0 + 1 : nil }.prefix(count).map(input),
        orderOutputs: isOrdered)
      : function.map(ids.lazy.map(input), orderOutputs: isOrdered)
    await read(results, ids, rules: rules, throwing: throwing, napEach: napEach, isRight: isRight)
    return true
  }

  /// Reads all outcomes of a call, and takes note of those that do not come.
  private func read<Output>(
    _ results: MapResults<Output>, _ ids: Range<Int>, rules: Rules, throwing: Dangers? = nil,
    napEach: Int = 0,
    isRight: (Int, Output) -> Bool
  ) async {
    var seen = Set<Int>(minimumCapacity: ids.count)
    func note(_ index: Int, _ result: Result<Output, InputError>, attempts: Int?) async throws {
      pulse.beat()
      let id = ids.lowerBound + index
      guard ids.contains(id) else {
        return judge.find(.duplicated, "index \(index) of \(ids.count) inputs of \(kind)")
      }
      seen.insert(id)
      judge.enter(result, id: id, attempts: attempts, rules: rules, throwing: throwing, isRight: isRight)
      // Completion rings fill meanwhile.
      if napEach > 0, id % napEach == 0 { try await Task.sleep(nanoseconds: 3_000_000) }
    }
    do {
      // Outcomes are published one by one, for their durations; without them finished outputs wait and are harvested.
      if ids.lowerBound % 2 == 0, kind != .timed, kind != .crowded {
        for try await (index, result) in results.results.indexed {
          var attempts: Int?
          if case .failure(let error) = result {
            attempts = error.attempts
          } else if !isRetried {
            attempts = 1
          }
          try await note(index, result, attempts: attempts)
        }
      } else {
        for try await outcome in results.outcomes {
          try await note(outcome.index, outcome.result, attempts: outcome.attempts)
          if case .failure(let error) = outcome.result, case .timedOut = error.reason {
            judge.noteTimeout(
              ids.lowerBound + outcome.index, pid: outcome.container, function: error.function)
          }
        }
      }
      if seen.count < ids.count { judge.lose(ids.filter { !seen.contains($0) }, of: "\(kind)") }
    } catch {
      judge.find(.refused, "a call of \(kind) threw \(error)")
    }
  }

  /// Whether an output may be that of a later attempt.
  private var isRetried: Bool {
    switch kind {
    case .ordered, .framed, .concurrent, .throwing, .large, .bulky, .slowReader: true
    default: false
    }
  }

  /// A map of an asynchronous source that takes its time.
  private func stream(_ count: Int) async -> Bool {
    guard let base = judge.number(count) else { return false }
    let ids = base..<(base + count)
    let source = AsyncStream<Int> { continuation in
      Task {
        for id in ids {
          continuation.yield(id)
          if id % 64 == 0 { await Task.yield() }
        }
        continuation.finish()
      }
    }
    await read(
      functions.packed.map(source, orderOutputs: false), ids, rules: .exact, isRight: { $1 == answer($0) })
    return true
  }

  /// Cancels the task that reads a map; it throws, or it was through already.
  private func cancelTask(_ count: Int, after milliseconds: Int) async -> Bool {
    guard let base = judge.number(count) else { return false }
    let reader = Task {
      var taken = 0
      for try await outcome in functions.asynchronous.map(base..<(base + count), orderOutputs: false).outcomes
      {
        pulse.beat()
        taken += 1
        judge.enter(
          outcome.result, id: base + outcome.index, attempts: outcome.attempts, rules: .none, throwing: nil,
          isRight: { $1 == answer($0) })
      }
      return taken
    }
    try? await Task.sleep(nanoseconds: UInt64(milliseconds) * 1_000_000)
    reader.cancel()
    switch await reader.result {
    case .success(let taken) where taken != count: judge.lose(Array(base..<(base + count)), of: "\(kind)")
    case .failure(let error) where !(error is CancellationError):
      judge.find(.refused, "a call whose task was cancelled threw \(error)")
    default: break
    }
    return true
  }

  /// Spawns calls and cancels them at once, beside a map of the same function that goes on: each takes back what the
  /// containers have not begun, while they claim and begin as fast as they can.
  private func disturb(_ function: Function<Int, Int>, _ count: Int, disturbing: Int) async -> Bool {
    guard let base = judge.number(disturbing) else { return false }
    let ids = Array(base..<(base + disturbing))
    let isOver = Flag()
    async let disturbed: Void = {
      while !isOver.isSet {
        do {
          try await function.spawnMap(ids).cancel()
        } catch {
          judge.find(.refused, "a call that is cancelled at once threw \(error)")
        }
        await Task.yield()
      }
    }()
    let hasRoom = await map(function, count, exact: true)
    isOver.set()
    await disturbed
    return hasRoom
  }

  /// Leaves a loop early, and goes on at once with another call.
  private func cancel(_ random: inout SeededGenerator) async -> Bool {
    let count = Int.random(in: 1...3000, using: &random)
    let wanted = Int.random(in: 0..<count, using: &random)
    let function = [functions.packed, functions.asynchronous, functions.concurrent].randomElement(
      using: &random)
    guard let base = judge.number(count), let function else { return false }
    var taken = 0
    do {
      for try await outcome in function.map(base..<(base + count), orderOutputs: false).outcomes {
        pulse.beat()
        judge.enter(
          outcome.result, id: base + outcome.index, attempts: outcome.attempts, rules: .none, throwing: nil,
          isRight: { $1 == answer($0) })
        taken += 1
        if taken >= wanted { break }
      }
    } catch {
      judge.find(.refused, "a cancelled call threw \(error)")
    }
    return true
  }

  /// Spawns calls side by side, one of them a map, and gathers them.
  private func spawn(_ count: Int) async -> Bool {
    guard let base = judge.number(count * 2) else { return false }
    do {
      let many = try await functions.framed.spawnMap((base..<(base + count)).map(text))
      var calls: [(id: Int, call: FunctionCall<Int>)] = []
      for id in (base + count)..<(base + 2 * count) {
        calls.append((id, try await functions.patient.spawn(id)))
      }
      for (id, call) in calls {
        let output = try await call.get()
        pulse.beat()
        enter(.success(output), id)
      }
      try await many.wait()
      var id = base
      for try await result in many.results().results {
        pulse.beat()
        judge.enter(
          result, id: id, attempts: nil, rules: .blame, throwing: nil, isRight: { $1 == "\(answer($0))" })
        id += 1
      }
      if id < base + count { judge.lose(Array(id..<(base + count)), of: "spawned") }
    } catch let error as InputError {
      judge.find(.damaged, "a spawned call failed: \(error)")
    } catch {
      judge.find(.refused, "a spawned call threw \(error)")
    }
    return true
  }

  /// One input after the other, each awaited.
  private func single(_ count: Int) async -> Bool {
    guard let base = judge.number(count) else { return false }
    for id in base..<(base + count) {
      do {
        enter(.success(try await functions.packed.remote(id)), id)
      } catch let error as InputError {
        enter(.failure(error), id)
      } catch {
        judge.find(.refused, "a single call threw \(error)")
      }
      pulse.beat()
    }
    return true
  }

  private func enter(_ result: Result<Int, InputError>, _ id: Int) {
    judge.enter(result, id: id, attempts: nil, rules: .blame, throwing: nil, isRight: { $1 == answer($0) })
  }
}

/// Says once, from one task to another.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

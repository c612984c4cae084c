// W7, W8, W9 and W11: inputs of known computation, single calls, and inputs that crash.

import Gantry
import Workloads

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Functions that compute for a known time, and the workloads that call them.
struct Burners {
  let burning: Function<Int, Int>
  let skewing: Function<Int, Int>
  let single: Function<Int, Int>
  let mortal: Function<Int, Int>

  init(_ plan: Plan) {
    let options = FunctionOptions(maxContainers: plan.workers)
    burning = Function("burn", options: options) { (x: Int) in x < 0 ? x : burn(microseconds: 100, x) }
    skewing = Function("skewed", options: options) { (x: Int) in
      burn(microseconds: Workloads.skewed(x), x)
    }
    single = Function("single", options: options) { (x: Int) in square(x) }
    let once = FunctionOptions(maxContainers: plan.workers, crashRetries: .none)
    mortal = Function("mortal", options: once) { (x: Int) in
      if x < 0 { kill(getpid(), SIGKILL) }
      return burn(microseconds: 100, x)
    }
  }

  func even(_ plan: Plan) async throws -> Measures {
    _ = try await burning.map(0..<2_000).collect()
    let start = nanoseconds()
    let outputs = try await burning.map(0..<plan.count).collect()
    let elapsed = seconds(since: start)
    guard outputs.count == plan.count else { stop("Outputs are missing.") }
    return ["seconds": elapsed, "n": Double(plan.count)]
  }

  func skewed(_ plan: Plan, inOrder: Bool) async throws -> Measures {
    _ = try await skewing.map(0..<2_000).collect()
    let start = nanoseconds()
    let outputs = try await skewing.map(0..<plan.count, orderOutputs: inOrder).collect()
    let elapsed = seconds(since: start)
    guard outputs.count == plan.count else { stop("Outputs are missing.") }
    return ["seconds": elapsed, "n": Double(plan.count)]
  }

  func callIdle(_ plan: Plan) async throws -> Measures { try await call(single, plan.count) }

  /// Calls so far apart that nobody spins any more when they come.
  func callParked(_ plan: Plan) async throws -> Measures { try await call(single, plan.count, pause: 200) }

  func callLoaded(_ plan: Plan) async throws -> Measures {
    _ = try await burning.map(0..<2_000).collect()
    let map = Task {
      while !Task.isCancelled {
        for try await _ in burning.map(0..<1_000_000) { if Task.isCancelled { break } }
      }
    }
    let measures = try await call(burning, plan.count, input: -1)
    map.cancel()
    _ = await map.result
    return measures
  }

  private func call(
    _ function: Function<Int, Int>, _ count: Int, input: Int? = nil, pause: UInt32 = 0
  ) async throws -> Measures {
    for x in 0..<200 { _ = try await function.remote(x) }
    var times: [UInt64] = []
    times.reserveCapacity(count)
    for x in 0..<count {
      if pause > 0 { usleep(pause) }
      let start = nanoseconds()
      let output = try await function.remote(input ?? x)
      times.append(nanoseconds() - start)
      guard input != nil || output == square(x) else { stop("The call of \(x) gave \(output).") }
    }
    return percentiles(of: times)
  }

  /// What the crashes cost beside the same inputs without them.
  func crashing(_ plan: Plan) async throws -> Measures {
    _ = try await mortal.map(0..<2_000).collect()
    let crashes = (0..<plan.count).filter { $0 % 100 == 37 }.count
    var start = nanoseconds()
    _ = try await mortal.map(0..<plan.count - crashes).collect()
    let undisturbed = seconds(since: start)
    start = nanoseconds()
    let results = try await mortal.map((0..<plan.count).map { $0 % 100 == 37 ? -1 : $0 }).results.collect()
    let elapsed = seconds(since: start)
    let delivered = results.filter { if case .success = $0 { true } else { false } }.count
    guard results.count == plan.count, delivered == plan.count - crashes else {
      stop("Of \(plan.count) inputs, \(crashes) of which crash, \(delivered) were delivered.")
    }
    let lost = (elapsed - undisturbed) * Double(plan.workers) / Double(max(1, crashes))
    return [
      "seconds": elapsed, "delivered": Double(delivered), "lost": Double(crashes), "lost_per_crash": lost,
    ]
  }
}

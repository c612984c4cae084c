// W10: how soon there is a first result, and what a container costs.

import Gantry
import Workloads

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Functions whose containers are new, and the workloads that call them.
struct Starters {
  let first: Function<Int, Int>
  let crowd: Function<UInt64, UInt64>
  let restarting: Function<Int, Int>

  init(_ plan: Plan) {
    first = Function("first", options: .init(maxContainers: plan.workers)) { (x: Int) in square(x) }
    // Its output is when it began; all wait until the same moment, so that each needs a container of its own.
    crowd = Function("crowd", options: .init(maxContainers: plan.count)) { (end: UInt64) in
      let begun = nanoseconds()
      while nanoseconds() < end { usleep(1_000) }
      return begun
    }
    restarting = Function("restarting", options: .init(maxContainers: plan.workers, maxInputsPerContainer: 1))
    {
      (x: Int) in square(x)
    }
  }

  func first(_ plan: Plan) async throws -> Measures {
    _ = try await first.remote(3)
    return ["seconds": Double(nanoseconds() - UInt64(plan.number("start", or: 0, least: 0))) / 1e9]
  }

  func containers(_ plan: Plan) async throws -> Measures {
    let start = nanoseconds()
    let end = start + 1_500_000_000
    let begun = try await crowd.map((0..<plan.count).map { _ in end }).collect()
    guard let last = begun.max(), last < end else { stop("Not all containers were there after a second.") }
    let elapsed = Double(last - start) / 1e9
    return ["seconds": elapsed, "n": Double(plan.count), "per_container": elapsed / Double(plan.count)]
  }

  /// What a program costs whose containers have nothing to do: context switches and processor time of all its processes.
  func idle(_ plan: Plan) async throws -> Measures {
    _ = try await containers(plan)
    // Whatever follows a map has come to rest: containers look around once more after a second.
    try await Task.sleep(nanoseconds: 3_000_000_000)
    let before = familyUsage()
    let start = nanoseconds()
    try await Task.sleep(nanoseconds: 4_000_000_000)
    let after = familyUsage()
    let elapsed = seconds(since: start)
    return [
      "wakes_per_second": Double(after.switches - before.switches) / elapsed,
      "cpu_seconds": after.processorSeconds - before.processorSeconds, "n": Double(plan.count),
    ]
  }

  func restarts(_ plan: Plan) async throws -> Measures {
    _ = try await restarting.map(0..<4).collect()
    let start = nanoseconds()
    let outputs = try await restarting.map(0..<plan.count).collect()
    let elapsed = seconds(since: start)
    checkSquares(outputs, count: plan.count)
    return ["seconds": elapsed, "n": Double(plan.count), "per_container": elapsed / Double(plan.count)]
  }
}

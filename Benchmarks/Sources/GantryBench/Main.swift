// One round of one workload: `GantryBench map WORKERS COUNT` or `GantryBench remote WORKERS COUNT`.
// Called by tools/bench, which runs rival.py beside it in turn; prints one line of numbers and nothing else.

import Gantry

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

@main
struct GantryBench: App {
  private let plan: Plan
  let square: Function<Int, Int>

  init() {
    let plan = Plan(CommandLine.arguments)
    self.plan = plan
    square = Function("square", options: .init(maxContainers: plan.workers)) { (x: Int) in x * x }
  }

  func run() async throws {
    // Containers start and warm up outside the measurement, as the rival's pool does.
    _ = try await square.map(Array(0..<100_000)).collect()
    switch plan.workload {
    case .map: try await timeMap(square, plan.count)
    case .remote: try await timeRemote(square, plan.count)
    }
  }
}

/// What the arguments ask for.
private struct Plan: Sendable {
  enum Workload: String {
    case map
    case remote
  }

  let workload: Workload
  let workers: Int
  let count: Int

  init(_ arguments: [String]) {
    guard arguments.count == 4, let workload = Workload(rawValue: arguments[1]),
      let workers = Int(arguments[2]), workers > 0, let count = Int(arguments[3]), count > 0
    else { stop("usage: GantryBench map|remote WORKERS COUNT") }
    self.workload = workload
    self.workers = workers
    self.count = count
  }
}

/// Prints the seconds of one map, from its call to the whole array.
private func timeMap(_ square: Function<Int, Int>, _ count: Int) async throws {
  let inputs = Array(0..<count)
  let clock = ContinuousClock()
  let start = clock.now
  let outputs = try await square.map(inputs).collect()
  let elapsed = clock.now - start
  guard outputs.count == count, outputs.enumerated().allSatisfy({ $1 == $0 * $0 }) else {
    stop("The map's outputs are wrong.")
  }
  print(elapsed.seconds)
}

/// Prints the median and the 99th percentile, in seconds, of single calls one after the other.
private func timeRemote(_ square: Function<Int, Int>, _ count: Int) async throws {
  let clock = ContinuousClock()
  var times: [Duration] = []
  times.reserveCapacity(count)
  for input in 0..<count {
    let start = clock.now
    let output = try await square.remote(input)
    times.append(clock.now - start)
    guard output == input * input else { stop("The call of \(input) gave \(output).") }
  }
  times.sort()
  print(times[count / 2].seconds, times[min(count - 1, count * 99 / 100)].seconds)
}

private func stop(_ message: String) -> Never {
  var text = message + "\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  exit(2)
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

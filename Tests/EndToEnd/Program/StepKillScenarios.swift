// Workloads for builds with step hooks, where GANTRY_STEP_KILL lets the first containers die at a step of the protocol:
// whatever step that is, every input is delivered once and rightly. Run by the script step-kill, which goes through all
// steps; without hooks they are maps like any other.

import Gantry
import Glibc

private let generous = Retries(maxRetries: 40, initialDelay: .zero)

private let packed = Function("packed", options: .init(maxContainers: 2, crashRetries: generous)) {
  (x: Int) in x * 3
}
private let framed = Function("framed", options: .init(maxContainers: 2, crashRetries: generous)) {
  (text: String) in
  text + "/" + text
}
private let asynchronous = Function("asynchronous", options: .init(maxContainers: 2, crashRetries: generous))
{
  (x: Int) async -> Int in
  if x % 16 == 0 { await Task.yield() }
  return x * 5
}
private let uneven = Function(
  "uneven", options: .init(maxContainers: 2, crashRetries: generous, chunking: .fixed(40))
) {
  (x: Int) in
  if x % 100 == 3 { pauseThread(12) }
  return x * 7
}
private let large = Function("large", options: .init(maxContainers: 2, crashRetries: generous)) {
  (size: Int) in
  String(repeating: "z", count: size)
}
private let failing = Function("failing", options: .init(maxContainers: 2, crashRetries: generous)) {
  (x: Int) throws -> Int in
  if x % 7 == 0 { throw StepTrouble(number: x) }
  return x
}
private let framedAsync = Function("framedAsync", options: .init(maxContainers: 2, crashRetries: generous)) {
  (text: String) async throws -> String in
  if text.utf8.count % 11 == 0 { throw StepTrouble(number: text.utf8.count) }
  return text + "."
}

/// Blame is unforgiving here: an input may fail only where it really was begun.
private let unforgiving = Function("unforgiving", options: .init(maxContainers: 2, crashRetries: .none)) {
  (x: Int) in
  x * 11
}
private let unforgivingFramed = Function(
  "unforgivingFramed", options: .init(maxContainers: 2, crashRetries: .none)
) {
  (text: String) in text
}

struct StepTrouble: Error, Codable { var number: Int }

/// The step of GANTRY_STEP_KILL; nil: nobody is to be killed.
private var plannedStep: Int? {
  getenv("GANTRY_STEP_KILL").flatMap { Int(String(cString: $0).prefix { $0 != ":" }) }
}

/// How many containers it kills.
private var plannedDeaths: Int {
  getenv("GANTRY_STEP_KILL").flatMap { String(cString: $0).split(separator: ":").last.flatMap { Int($0) } }
    ?? 0
}

/// The steps between an input's begin and its end: a death at any other blames nobody.
private let stepsOfAnInput: Set<Int> = [0, 5, 6, 7]

private func expectFewBlamed<T>(_ results: [Result<T, InputError>], alsoAt steps: Set<Int> = []) -> Set<Int> {
  var failed: Set<Int> = []
  for (index, result) in results.enumerated() {
    if case .failure(let error) = result {
      guard case .crashed(let exit) = error.reason else { fail("input \(index): \(error)") }
      expectEqual(exit.status, .signal(SIGKILL, name: "SIGKILL"))
      failed.insert(index)
    }
  }
  let step = plannedStep ?? -1
  if !stepsOfAnInput.contains(step) && !steps.contains(step) {
    expect(failed.isEmpty, "inputs \(failed.sorted()) were blamed for a death at step \(step)")
  }
  return failed
}

/// A workload that says at its end how many containers died, so that the script sees which steps it reached.
private func killed(
  name: String, functions: [any RegisteredFunction], run: @escaping @Sendable (Driver) async throws -> Void
) -> Scenario {
  Scenario(name: name, functions: functions) { driver in
    try await run(driver)
    let died = driver.statistics.functions.reduce(0) { $0 + $1.containersDied }
    print("containers died: \(died)")
  }
}

let stepKillScenarios = ScenarioGroup(
  name: "stepkill",
  scenarios: [
    killed(name: "packed inputs", functions: [packed]) { _ in
      expectEqual(try await packed.map(0..<4000).collect(), (0..<4000).map { $0 * 3 })
      var seen: [Int] = []
      for try await (index, output) in packed.map(0..<500, orderOutputs: false).indexed {
        expectEqual(output, index * 3)
        seen.append(index)
      }
      expectEqual(seen.sorted(), Array(0..<500), "each is delivered once")
    },
    killed(name: "framed inputs", functions: [framed]) { _ in
      let inputs = (0..<1500).map { "\($0)" }
      expectEqual(try await framed.map(inputs).collect(), inputs.map { $0 + "/" + $0 })
    },
    killed(name: "asynchronous bodies", functions: [asynchronous, framedAsync]) { _ in
      expectEqual(try await asynchronous.map(0..<1000).collect(), (0..<1000).map { $0 * 5 })
      let inputs = (0..<200).map { String(repeating: "a", count: $0) }
      for (index, result) in try await framedAsync.map(inputs).results.collect().enumerated() {
        switch result {
        case .success(let text): expect(text.utf8.count == index + 1 && index % 11 != 0, "\(index): \(text)")
        case .failure(let error):
          guard case .threw(let user) = error.reason, (user.underlying as? StepTrouble)?.number == index
          else {
            fail("\(index): \(error)")
          }
        }
      }
    },
    killed(name: "slow inputs among fast ones", functions: [uneven]) { _ in
      expectEqual(try await uneven.map(0..<400).collect(), (0..<400).map { $0 * 7 })
    },
    killed(name: "outputs larger than the ring", functions: [large]) { _ in
      let sizes = [10, 300_000, 1_000_000, 0, 3_000_000, 262_144, 131_072, 262_016, 1_048_576, 5]
      expectEqual(try await large.map(sizes).collect().map { $0.utf8.count }, sizes)
    },
    killed(name: "more outputs than the ring holds", functions: [large]) { _ in
      let sizes = Array(repeating: 60_000, count: 120)
      var seen = 0
      for try await output in large.map(sizes) {
        expectEqual(output.utf8.count, 60_000)
        seen += 1
        // A consumer that is slow at first lets the ring fill.
        if seen == 1 { pauseThread(20) }
      }
      expectEqual(seen, 120)
    },
    killed(name: "inputs that throw", functions: [failing]) { _ in
      for (index, result) in try await failing.map(0..<300).results.collect().enumerated() {
        switch result {
        case .success(let value): expect(value == index && index % 7 != 0, "\(index)")
        case .failure(let error):
          guard case .threw(let user) = error.reason, (user.underlying as? StepTrouble)?.number == index
          else {
            fail("\(index): \(error)")
          }
        }
      }
    },
    killed(name: "a blocking source", functions: [packed]) { _ in
      let inputs = sequence(first: 0) { $0 < 999 ? $0 + 1 : nil }
      expectEqual(try await packed.map(inputs).collect(), (0..<1000).map { $0 * 3 })
    },
    killed(name: "nobody is blamed who was not begun", functions: [unforgiving, unforgivingFramed]) { _ in
      let results = try await unforgiving.map(0..<2000).results.collect()
      let failed = expectFewBlamed(results)
      for (index, result) in results.enumerated() where !failed.contains(index) {
        guard case .success(index * 11) = result else { fail("\(index): \(result)") }
      }
      let texts = (0..<800).map { "\($0)" }
      let more = try await unforgivingFramed.map(texts).results.collect()
      let failedToo = expectFewBlamed(more)
      for (index, result) in more.enumerated() where !failedToo.contains(index) {
        guard case .success(texts[index]) = result else { fail("\(index): \(result)") }
      }
      expect(
        failed.count + failedToo.count <= plannedDeaths, "more inputs failed than containers were killed")
    },
  ])

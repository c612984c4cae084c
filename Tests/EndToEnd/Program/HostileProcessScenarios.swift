// Promises about containers that damage their own process, leave children behind, or cannot be talked to any more.

import Gantry
import Glibc

private let retries = Retries(maxRetries: 3, initialDelay: .milliseconds(1))

private func squareOrRampage(_ x: Int) -> Int {
  if x >= 1000, let crime = ProcessCrime(rawValue: x / 1000 - 1) { crime.commit() }
  return x * x
}

private let single = Function(
  "single", options: .init(maxContainers: 2, crashRetries: retries, chunking: .fixed(1)), squareOrRampage)
private let many = Function("many", options: .init(maxContainers: 2, crashRetries: retries)) { (x: Int) in
  if x < 1000 { usleep(200) }
  return squareOrRampage(x)
}
private let dreaming = Function("dreaming", options: .init(maxContainers: 2, crashRetries: retries)) {
  (x: Int) async -> Int in
  if x % 5 == 0 { await Task.yield() }
  return squareOrRampage(x)
}

private func rampage(_ function: Function<Int, Int>, _ crime: ProcessCrime) async throws {
  let code = (crime.rawValue + 1) * 1000
  // A second of processor time for each attempt of each is long enough for one of them.
  let inputs = crime == .littleTime ? Array(0..<40) + [code] + Array(40..<80) : infiltrated(by: code)
  async let first = function.map(inputs).results.collect()
  async let second = function.map(crime == .littleTime ? Array(0..<40) : inputs).results.collect()
  for results in [try await first, try await second] {
    expect(results.count == inputs.count || crime == .littleTime, "\(results.count) results of \(crime)")
    for (index, result) in results.enumerated() {
      let input = inputs[index]
      guard input >= 1000 else {
        guard case .success(input * input) = result else {
          fail("beside \(crime), input \(index) is \(result)")
        }
        continue
      }
      switch result {
      case .success(let output):
        expectEqual(output, code * code, "the output of \(crime)")
        expect(crime.status == nil || crime.strikesOthers, "\(crime) did no harm")
      case .failure(let error):
        guard case .crashed(let exit) = error.reason else { fail("\(crime): \(error)") }
        if let status = crime.status { expectEqual(exit.status, status, "the end of \(crime)") }
        expect(crime.status != nil || crime.strikesOthers, "\(crime): \(error)")
        expectEqual(error.attempts, 4, "the attempts of \(crime)")
      }
    }
  }
  let squares = (0..<100).map { $0 * $0 }
  expectEqual(try await function.map(0..<100).collect(), squares, "what follows \(crime)")
}

let hostileProcessScenarios =
  ProcessCrime.allCases.map { crime in
    Scenario(name: "a damaged process costs one input: \(crime)", functions: [single]) { _ in
      try await rampage(single, crime)
    }
  } + [
    Scenario(name: "a damaged process costs one input of a chunk", functions: [many]) { _ in
      for crime in ProcessCrime.allCases where crime != .littleTime { try await rampage(many, crime) }
    },
    Scenario(name: "a damaged process costs one input of an asynchronous body", functions: [dreaming]) { _ in
      // A thread of Dispatch that cannot be made never comes: such a function needs a timeout.
      for crime in ProcessCrime.allCases where crime != .littleTime && crime != .littleMemory {
        try await rampage(dreaming, crime)
      }
    },
    Scenario(name: "containers that would outlive their driver do not", functions: [single]) { _ in
      for _ in 0..<3 {
        let victim = Victim("maps for ever and clings to life")
        expectEqual(victim.readLine(), "READY")
        expect(victim.survivors.count >= 4, "it has containers and children")
        kill(victim.pid, SIGKILL)
        _ = victim.reap()
        await eventually("nobody of it is left") { victim.survivors.isEmpty }
        victim.closePipes()
      }
    },
    Scenario(name: "a container that asks for a tracer is let go, or gone", functions: [single]) { driver in
      let codes = [ProcessCrime.traceMe, .traceMeAndTrap].map { ($0.rawValue + 1) * 1000 }
      let results = try await single.map(codes + codes + Array(0..<50)).results.collect()
      expectEqual(results.count, 54)
      await eventually("the containers that there are are those that the driver knows") {
        let known = Set(driver.statistics.functions[0].containers.map(\.pid))
        return descendants().allSatisfy { $0.name != "gantry-box" || known.contains($0.pid) }
      }
    },
    Scenario(name: "children that a container left die with it", functions: [single]) { driver in
      let me = getpid()
      _ = try await single.map([(ProcessCrime.forkAndDie.rawValue + 1) * 1000]).results.collect()
      await eventually("nobody sleeps any more") {
        descendants(of: me).allSatisfy { $0.name.hasPrefix("gantry-") || $0.name == "EndToEndProgram" }
      }
      await driver.shutdown()
      await eventually("all are gone") { descendants(of: me).isEmpty }
    },
  ]

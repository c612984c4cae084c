// Promises about how many containers there are: kept ready before they are needed, let go when they are not.

import Gantry
import Glibc

private let buffered = Function(
  "buffered",
  options: .init(maxContainers: 6, bufferContainers: 3, scaledownWindow: .milliseconds(300))
) { (milliseconds: Int) -> Int32 in
  nap(milliseconds)
  return getpid()
}
private let narrow = Function(
  "narrow", options: .init(maxContainers: 2, bufferContainers: 1000, scaledownWindow: .milliseconds(100))
) { (milliseconds: Int) in nap(milliseconds) }
private let ready = Function(
  "ready", options: .init(minContainers: 2, maxContainers: 3, scaledownWindow: .milliseconds(100))
) { (milliseconds: Int) -> Int32 in
  nap(milliseconds)
  return getpid()
}
private let doomed = Function("doomed", options: .init(minContainers: 2, memoryLimit: 4096)) {
  (x: Int) async in x
}

extension Driver {
  fileprivate func containers(of function: Int = 0) -> [Statistics.ContainerStatistics] {
    statistics.functions[function].containers
  }

  fileprivate func idle() -> [Int32] { containers().filter { $0.state == .idle }.map(\.pid) }
}

let scalingScenarios = ScenarioGroup(
  name: "scaling",
  scenarios: [
    Scenario(name: "buffer containers are ready before they are needed", functions: [buffered]) { driver in
      expectEqual(driver.containers().count, 0, "the containers before the first call")
      async let first = buffered.remote(1500)
      await eventually("three idle ones stand beside the busy one") { driver.idle().count == 3 }
      let spare = driver.idle()
      async let second = buffered.remote(1200)
      await eventually("the buffer was filled up again") {
        driver.idle().count == 3 && driver.containers().count == 5
      }
      let both = try await [first, second]
      expect(
        spare.contains(both[1]), "the second call ran in a container that was there: \(both[1]), \(spare)")
      await eventually("all went when nothing was left to do") { driver.containers().isEmpty }
      expectEqual(driver.statistics.functions[0].containersStarted, 5, "the containers started")
    },
    Scenario(name: "a buffer does not pass maxContainers", functions: [narrow]) { driver in
      async let call: Void = narrow.remote(600)
      await eventually("there are as many as may be") { driver.containers().count == 2 }
      try await call
      expectEqual(driver.statistics.functions[0].containersStarted, 2, "the containers started")
      await eventually("all went") { driver.containers().isEmpty }
    },
    Scenario(name: "minContainers are there from the start, stay, and are replaced", functions: [ready]) {
      driver in
      await eventually("two are ready without a call") { driver.idle().count == 2 }
      let early = driver.idle()
      expect(early.contains(try await ready.remote(0)), "the first call ran in one of them")
      _ = try await ready.map([300, 300, 300, 300, 300, 300], orderOutputs: false).collect()
      expectEqual(driver.statistics.functions[0].containersStarted, 3, "the pool grew under load")
      await eventually("the third was let go") { driver.containers().count == 2 }
      nap(400)
      let kept = driver.idle()
      expectEqual(kept.count, 2, "those kept")
      for pid in kept { kill(pid, SIGKILL) }
      await eventually("others took their places") {
        driver.idle().count == 2 && Set(driver.idle()).isDisjoint(with: kept)
      }
    },
    Scenario(name: "containers that cannot start are not started over and over", functions: [doomed]) {
      driver in
      await eventually("the loop was given up") { driver.statistics.functions[0].containersDied >= 5 }
      try await rest(500)
      let started = driver.statistics.functions[0].containersStarted
      expect(started <= 12, "\(started) were started in half a second")
      let error = require(await thrown { _ = try await doomed.remote(1) }, GantryError.self)
      expectEqual(error.code, .containerStartFailed, "the code")
    },
  ])

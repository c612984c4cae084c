// Promises about functions that do not return: whatever they do meanwhile, their input meets its timeout.

import CGantryRing
import Gantry
import Glibc

/// Ways not to return.
enum Delay: Int, CaseIterable {
  case sleep, spin, sleepIgnoringAll, spinBlockingAll, stopItself, execSleep, closeAllAndSleep, faultForever
  case moveProgress, sayIdle, claimNothing, ringForever, floodStandardError, sendOnePiece, leaveSession
  case loopInHandler, traceAndStop

  func begin() {
    switch self {
    case .sleep: break
    case .spin: while true { spinALittle() }
    case .sleepIgnoringAll: ProcessCrime.ignoreSignals.commit()
    case .spinBlockingAll:
      ProcessCrime.blockSignals.commit()
      while true { spinALittle() }
    case .stopItself: raise(SIGSTOP)
    case .execSleep: execute("/bin/sleep", "1000")
    case .closeAllAndSleep: ProcessCrime.closeAllDescriptors.commit()
    case .faultForever:
      signal(SIGSEGV) { _ in }
      UnsafeMutablePointer<Int>(bitPattern: 64)?.pointee = 1
    case .moveProgress:
      let lane = HostileLane.own
      while true {
        // Another input at each look, of its own chunk and of none.
        lane.store(.progress, lane.load(.progress) &+ 2)
        spinALittle()
      }
    case .sayIdle:
      let lane = HostileLane.own
      lane.store(.progress, lane.load(.progress) & ~1)
    case .claimNothing:
      let lane = HostileLane.own
      lane.store(.claim, lane.load(.claim) &- 1)
    case .ringForever:
      var fds: [Int32] = []
      WildCrime.withDoorbells { fds.append($0) }
      var one: UInt64 = 1
      while true { for fd in fds { _ = write(fd, &one, 8) } }
    case .floodStandardError:
      let block = [UInt8](repeating: 0x78, count: 1 << 16)
      while true { _ = write(2, block, block.count) }
    case .sendOnePiece:
      let lane = HostileLane.own
      lane.publish(lane.honestRecord(Int(GANTRY_RECORD_MORE), last: false), RingCrime.piece)
    case .leaveSession: setsid()
    case .loopInHandler:
      signal(SIGUSR1) { _ in while true { spinALittle() } }
      raise(SIGUSR1)
    case .traceAndStop:
      System.traceMe()
      raise(SIGSTOP)
    }
    while true { Glibc.sleep(1000) }
  }

  /// Says by its words that it runs nothing: it is found out by the clock, a little later.
  var liesAboutRunning: Bool { self == .sayIdle || self == .claimNothing }
}

private func squareOrDelay(_ x: Int) -> Int {
  if x >= 1000 { Delay(rawValue: x / 1000 - 1)?.begin() }
  return x * x
}

private let limit = Duration.milliseconds(400)
private let hurried = Function("hurried", options: .init(maxContainers: 2, timeout: limit), squareOrDelay)
private let hurriedAsync = Function(
  "hurriedAsync", options: .init(maxContainers: 2, timeout: limit, chunking: .fixed(1))
) { (x: Int) async -> Int in
  if x % 2 == 0 { await Task.yield() }
  return squareOrDelay(x)
}
private let hurriedCrowd = Function(
  "hurriedCrowd", options: .init(maxContainers: 2, timeout: limit, inputConcurrency: 3)
) { (x: Int) async -> Int in
  if x % 2 == 0 { await Task.yield() }
  return squareOrDelay(x)
}
private let hurriedOnce = Function(
  "hurriedOnce", options: .init(maxContainers: 2, timeout: limit, crashRetries: .none), squareOrDelay)
private let hurriedCrowdOnce = Function(
  "hurriedCrowdOnce",
  options: .init(maxContainers: 2, timeout: limit, crashRetries: .none, inputConcurrency: 3)
) { (x: Int) async -> Int in squareOrDelay(x) }

private func expectOverdue(_ function: Function<Int, Int>, _ delay: Delay) async throws {
  var inputs = Array(0..<30)
  inputs[11] = (delay.rawValue + 1) * 1000
  let results = try await function.map(inputs).results.collect()
  for (index, result) in results.enumerated() {
    if index != 11 {
      guard case .success(index * index) = result else { fail("beside \(delay), \(index) is \(result)") }
      continue
    }
    guard case .failure(let error) = result else {
      // One that says it has ended has its own output read, whatever that is.
      expect(delay == .moveProgress, "\(delay) gave \(result)")
      continue
    }
    switch error.reason {
    case .timedOut(let after): expectEqual(after, limit, "the timeout of \(delay)")
    case .crashed(let exit) where exit.verdict?.contains("neither began nor ended") == true:
      expect(delay.liesAboutRunning, "\(delay): \(error)")
    default: fail("\(delay): \(error)")
    }
  }
  expectEqual(try await function.map(0..<30).collect(), (0..<30).map { $0 * $0 }, "what follows \(delay)")
}

private let honestly = Delay.allCases.filter { !$0.liesAboutRunning }

let overdueScenarios =
  Delay.allCases.filter { !$0.liesAboutRunning }.map { delay in
    Scenario(name: "a function that does not return meets its timeout: \(delay)", functions: [hurried]) { _ in
      try await expectOverdue(hurried, delay)
    }
  } + [
    Scenario(name: "an asynchronous body meets its timeout", functions: [hurriedAsync]) { _ in
      for delay in honestly { try await expectOverdue(hurriedAsync, delay) }
    },
    Scenario(name: "one of several inputs in a container meets its timeout", functions: [hurriedCrowd]) { _ in
      // Its progress word says nothing, and what it sends amid others' records is a lie of its own.
      // And one that stops its container stops neighbours too, which may then be overdue with it.
      for delay in honestly where delay != .sendOnePiece && delay != .stopItself {
        try await expectOverdue(hurriedCrowd, delay)
      }
    },
    Scenario(name: "one that says it runs nothing is given up", functions: [hurriedOnce, hurriedCrowdOnce]) {
      _ in
      try await expectOverdue(hurriedOnce, .sayIdle)
      try await expectOverdue(hurriedCrowdOnce, .claimNothing)
    },
    Scenario(name: "a container that is stopped from outside meets its timeout", functions: [hurried]) {
      driver in
      async let results = hurried.map(Array(0..<20) + [1000]).results.collect()
      var victim: Int32 = 0
      await eventually("it sleeps") {
        victim =
          driver.statistics.functions[0].containers.first { $0.state == .busy && $0.inFlight == 1 }?.pid ?? 0
        return victim > 0
      }
      kill(victim, SIGSTOP)
      guard case .failure(let error) = try await results[20], case .timedOut = error.reason else {
        fail("it did not time out")
      }
      expectEqual(error.attempts, 1)
    },
  ]

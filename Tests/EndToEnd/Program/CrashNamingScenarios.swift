// Promises about what an error says of a crash: the trap in words, and the line of the program it happened at.
// True where llvm-symbolizer is installed, in debug and release builds; without it the address takes the line's place.

import Gantry
import Glibc

/// The ways to crash that Swift or the kernel can name.
enum Slip: Int, CaseIterable {
  case index, missing, overflow, division, message, recursion, nothing, wild, giveUp, library, cast, thrown

  /// What the error names; nil where that is left to the last words.
  var trap: String? {
    switch self {
    case .index: "Index out of range"
    case .missing: "Unexpectedly found nil while unwrapping an Optional value"
    case .overflow: "Arithmetic overflow"
    case .division: "Division by zero"
    case .message: "the ladder broke"
    case .recursion: "Stack overflow"
    case .nothing, .library: "Null pointer dereference"
    case .wild: "Access to invalid address 0x123450000"
    case .giveUp, .cast: nil
    case .thrown: "'try!' expression unexpectedly raised an error"
    }
  }

  var line: Int {
    switch self {
    case .index: indexLine
    case .missing: missingLine
    case .overflow: overflowLine
    case .division: divisionLine
    case .message: messageLine
    case .recursion: recursionLine
    case .nothing: nothingLine
    case .wild: wildLine
    case .giveUp: giveUpLine
    case .library: libraryLine
    case .cast: castLine
    case .thrown: thrownLine
    }
  }
}

private struct Refusal: Error {}

// swift-format-ignore: NeverForceUnwrap, NeverUseForceTry
private func slip(_ slip: Slip, _ few: [Int], _ none: Int?, _ zero: Int) -> Int {
  switch slip {
  case .index: return few[zero + 3]
  case .missing: return none!
  case .overflow: return Int.max + few.count + zero
  case .division: return few.count / zero
  case .message: fatalError("the ladder broke")
  case .recursion: return descend(few.count + zero)
  case .nothing: return peek(8 + zero)
  case .wild: return peek(0x1_2345_0000 + zero)
  case .giveUp: abort()
  case .library: return Int(memcmp(UnsafePointer<Int>(bitPattern: 8 + zero)!, "abc", few.count + zero))
  case .cast: return (few as Any) as! Int
  case .thrown: return try! refuse(zero)
  }
}
private let indexLine = #line - 14
private let missingLine = #line - 14
private let overflowLine = #line - 14
private let divisionLine = #line - 14
private let messageLine = #line - 14
private let recursionLine = #line + 16
private let nothingLine = #line + 12
private let wildLine = #line + 11
private let giveUpLine = #line - 14
private let libraryLine = #line - 14
private let castLine = #line - 14
private let thrownLine = #line - 14

@inline(never)
private func refuse(_ zero: Int) throws -> Int { throw Refusal() }

// In a function of its own: the optimizer gives equal loads of several places one place.
@inline(never)
private func peek(_ address: Int) -> Int { UnsafePointer<Int>(bitPattern: address)?.pointee ?? 0 }

@inline(never)
private func descend(_ depth: Int) -> Int { depth == 0 ? 0 : descend(depth + 1) + descend(depth + 2) }

private let slipping = Function("slipping", options: .init(crashRetries: .none)) { (x: Int) -> Int in
  guard let kind = Slip(rawValue: x) else { return x }
  return slip(kind, [1, 2, 3], x < 0 ? x : nil, x - kind.rawValue)
}

private let slippingAsync = Function("slippingAsync", options: .init(crashRetries: .none)) {
  (x: Int) async -> Int in
  await Task.yield()
  guard let kind = Slip(rawValue: x) else { return x }
  return slip(kind, [1, 2, 3], x < 0 ? x : nil, x - kind.rawValue)
}

private let closing = Function("closing", options: .init(crashRetries: .none)) { (x: [Int]) -> Int in
  x[x.count - 1]
}
private let closingLine = #line - 2

private let repeated = Function("repeated", options: .init(maxContainers: 1, crashRetries: .none)) {
  (x: Int) -> Int in
  slip(.index, [1, 2, 3], nil, x)
}

private func crash(of input: Int, in function: Function<Int, Int>) async -> (InputError, ContainerExit) {
  let error = require(await thrown { _ = try await function.remote(input) }, InputError.self)
  guard case .crashed(let exit) = error.reason else { fail("input \(input) is \(error) instead of a crash") }
  return (error, exit)
}

private func expectNamed(_ function: Function<Int, Int>, _ slips: [Slip] = Slip.allCases) async {
  for slip in slips {
    let (error, exit) = await crash(of: slip.rawValue, in: function)
    if let trap = slip.trap {
      expect(exit.trap?.hasPrefix(trap) == true, "\(slip): the trap is \(exit.trap ?? "nil"), not \(trap)")
      expect(error.description.contains(": \(trap)"), "\(slip): the sentence is \(error)")
    }
    let place = "CrashNamingScenarios.swift:\(slip.line)"
    expectEqual(exit.location, place, "the line of \(slip)")
    expect(error.description.contains(" at \(place)."), "\(slip): the sentence is \(error)")
  }
}

let crashNamingScenarios = ScenarioGroup(
  name: "naming",
  scenarios: [
    Scenario(name: "an error names the trap and the line", functions: [slipping]) { _ in
      await expectNamed(slipping)
    },
    Scenario(name: "an error of an asynchronous body names them too", functions: [slippingAsync]) { _ in
      // A stack that overflows takes the handler along where it has no stack of its own: on the pool's threads.
      await expectNamed(slippingAsync, Slip.allCases.filter { $0 != .recursion })
    },
    Scenario(name: "a trap in the function's own closure is named", functions: [closing]) { _ in
      let error = require(await thrown { _ = try await closing.map([[1], []]).collect() }, InputError.self)
      guard case .crashed(let exit) = error.reason else { fail("\(error) is no crash") }
      expectEqual(exit.location, "CrashNamingScenarios.swift:\(closingLine)")
    },
    Scenario(name: "a thousand crashes at one line are asked about once", functions: [repeated]) { _ in
      let results = try await repeated.map(0..<200).results.collect()
      for (index, result) in results.enumerated() {
        let exit = expectCrash(result, Death.outOfRange.status, attempts: 1, index: index)
        expectEqual(exit?.location, "CrashNamingScenarios.swift:\(indexLine)")
      }
    },
    Scenario(name: "without a symbolizer the address stands in", functions: [slipping]) { _ in
      setenv("PATH", "/nonexistent", 1)
      let (error, exit) = await crash(of: Slip.nothing.rawValue, in: slipping)
      expectEqual(exit.location, nil)
      expectEqual(exit.trap, "Null pointer dereference")
      let start = "(SIGSEGV): Null pointer dereference, at 0x"
      expect(error.description.contains(start), "the sentence is \(error)")
      expect(error.description.contains(" of the executable."), "the sentence is \(error)")
    },
    Scenario(name: "a symbolizer that hangs is given up", functions: [slipping]) { _ in
      let scratch = makeScratch()
      let path = "\(scratch)/llvm-symbolizer"
      let file = fopen(path, "w")
      fputs("#!/bin/sh\nexec sleep 1000\n", file)
      fclose(file)
      chmod(path, 0o755)
      setenv("PATH", "\(scratch):/usr/bin:/bin", 1)
      for _ in 0..<4 {
        let (_, exit) = await crash(of: Slip.index.rawValue, in: slipping)
        expectEqual(exit.location, nil)
      }
      removeScratch(scratch)
    },
  ])

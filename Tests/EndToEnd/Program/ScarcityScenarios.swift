// Promises about scarcity: whatever runs out gives less speed or a clear error, never a hang, a SIGBUS or a loss.
// What a process can take from itself; the script `surroundings` does what needs a namespace or a control group.

import Gantry
import Glibc

/// A host's output and status; anything but 0 is the end of the scenario.
private func output(of arguments: [String], line: Int = #line) -> String {
  let run = Victim("host", arguments: ["EndToEndProgram", "host"] + arguments)
  let output = readAll(run.output)
  let errors = readAll(run.errors)
  expectEqual(run.reap(), 0, "the status of \(arguments): \(output) \(errors)", line: line)
  expectNothingLeft(of: run, "was short of something", line: line)
  run.closePipes()
  return output
}

private let files = "7"
private let addresses = "9"
private let fileSize = "1"

let scarcityScenarios = ScenarioGroup(
  name: "scarcity",
  scenarios: [
    Scenario(name: "a limit on address space or on the size of files makes a smaller arena", functions: []) {
      _ in
      for (resource, limit) in [
        (addresses, 40 << 30), (addresses, 4 << 30), (addresses, 2 << 30), (fileSize, 1 << 30),
        (fileSize, 16 << 20),
      ] {
        for name in ["limited", "limited-again"] {
          expectEqual(
            output(of: [name, resource, "\(limit)"]), "delivered\n", "\(name) \(resource) \(limit)")
        }
      }
      for limit in [0, 1 << 19] {
        let output = output(of: ["limited", fileSize, "\(limit)"])
        expect(output.contains("Raise the limit on the size of files (ulimit -f)"), output)
      }
    },
    Scenario(name: "few descriptors are enough, and too few are said to be", functions: []) { _ in
      for name in ["limited", "limited-again"] {
        for limit in [32, 48, 64] {
          expectEqual(output(of: [name, files, "\(limit)"]), "delivered\n", "\(limit)")
        }
        // Between these Dispatch, which has none for its own, ends the program.
        for limit in Array(6...10) + [26, 28] {
          let output = output(of: [name, files, "\(limit)"])
          expect(
            output == "delivered\n" || output.contains("Too many open files")
              || output.contains("(ulimit -n)"), "with \(limit): \(output)")
        }
      }
    },
    Scenario(
      name: "descriptors that run out during a map end no other, and it goes on once there are some",
      functions: []
    ) { _ in
      for limit in [40, 60, 100, 200] {
        let output = output(of: ["exhausts-descriptors", "\(limit)"])
        expect(output.hasSuffix("delivered\n"), "with \(limit): \(output)")
      }
    },
    Scenario(name: "sixty-four containers of one function all serve", functions: []) { _ in
      let output = output(of: ["crowd"])
      expect(output.hasPrefix("containers: 64\n"), output)
    },
  ])

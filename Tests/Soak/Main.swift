// Started by tools/soak: `Soak SECONDS`, with GANTRY_SOAK_SEED, GANTRY_SOAK_MODE and GANTRY_SOAK_ROUND in the
// environment. It starts itself again for each round: `Soak round SEED NUMBER MILLISECONDS MODE`.

import Glibc

@main
enum Soak {
  /// Synchronous, so that a round's driver is made while there is one thread.
  static func main() {
    let arguments = CommandLine.arguments
    if arguments.count == 6, arguments[1] == "round", let seed = UInt64(arguments[2]),
      let number = Int(arguments[3]), let milliseconds = Int(arguments[4]),
      let mode = Plan.Mode(rawValue: arguments[5])
    {
      Plan.make(seed: seed, number: number, milliseconds: milliseconds, mode: mode)
      Round.play()
    }
    guard arguments.count == 2, let seconds = Int(arguments[1]), seconds > 0 else {
      say("usage: Soak SECONDS")
      exit(2)
    }
    let seed =
      getenv("GANTRY_SOAK_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 1..<1 << 40)
    let mode = getenv("GANTRY_SOAK_MODE").map { String(cString: $0) } ?? Plan.Mode.all.rawValue
    guard let mode = Plan.Mode(rawValue: mode) else {
      say("GANTRY_SOAK_MODE is \(mode); it must be all, claims or splits")
      exit(2)
    }
    let only = getenv("GANTRY_SOAK_ROUND").flatMap { Int(String(cString: $0)) }
    let supervisor = Supervisor(seed: seed, seconds: seconds, mode: mode, only: only)
    exit(supervisor.run() ? 0 : 1)
  }
}

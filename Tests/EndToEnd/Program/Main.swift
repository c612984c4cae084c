// Runs one scenario, or lists them: `EndToEndProgram groups`, `list GROUP`, `run GROUP NUMBER`.
// Scenarios start it again for what ends a process or is a program of its own: `misuse NAME`, `app`.

import Dispatch
import Gantry
import Glibc

@main
enum Program {
  static let groups: [ScenarioGroup] = [
    resultsScenarios,
    lazinessScenarios,
    errorsScenarios,
    payloadScenarios,
    foundationScenarios,
    callsScenarios,
    fairnessScenarios,
    faceScenarios,
    crashScenarios,
    crashingScenarios,
    crashNamingScenarios,
    messageScenarios,
    processScenarios,
    asyncScenarios,
    stateScenarios,
    cancellationScenarios,
    stepKillScenarios,
    startScenarios,
    schedulingScenarios,
    asyncInputScenarios,
    spawnScenarios,
    viewScenarios,
    scalingScenarios,
    inProcessScenarios,
    rateScenarios,
    concurrencyScenarios,
    leakScenarios,
    endsScenarios,
    sandboxScenarios,
    surroundingsScenarios,
    scarcityScenarios,
    conformanceResultsScenarios,
    conformanceLazinessScenarios,
    conformanceErrorsScenarios,
    conformanceCrashesScenarios,
    conformanceCancellingScenarios,
    hostileScenarios,
    poisonScenarios,
  ]

  /// Synchronous, so that the driver is made while there is one thread.
  static func main() {
    let arguments = CommandLine.arguments
    switch arguments.count > 1 ? arguments[1] : "" {
    case "groups":
      for group in groups { print(group.name) }
      return
    case "app":
      Workshop.main()
    case "repeated":
      RepeatedApp.main()
    case "two":
      makeTwoDrivers()
    case "host" where arguments.count > 2:
      runHost(arguments[2], Array(arguments.dropFirst(3)))
    case "misuse" where arguments.count > 2:
      misuse(arguments[2])
    default:
      break
    }
    let known = groups + [victims, showings, conformanceVictims, talkers]
    guard arguments.count >= 3, let group = known.first(where: { $0.name == arguments[2] }) else {
      fail("usage: groups | list GROUP | run GROUP NUMBER, with GROUP of \(groups.map(\.name))")
    }
    if arguments[1] == "list" {
      for scenario in group.scenarios { print(scenario.name) }
      return
    }
    guard arguments.count == 4, let number = Int(arguments[3]), group.scenarios.indices.contains(number)
    else {
      fail("no such scenario")
    }
    Board.prepare()
    var scenario = group.scenarios[number]
    // Any scenario in the other ways to start: `again` with one thread, `threaded` with more.
    if arguments[1] == "again" || arguments[1] == "threaded" { scenario.configuration.start = .reexec }
    if arguments[1] == "threaded" { keepThreadAlive() }
    do {
      let driver = try Driver(scenario.functions, configuration: scenario.configuration)
      Task {
        do {
          try await scenario.run(driver)
        } catch {
          fail("it threw \(error)")
        }
        await driver.shutdown()
        exit(0)
      }
      dispatchMain()
    } catch {
      fail("the driver did not start: \(error)")
    }
  }
}

/// A thread of the program's own: from then on it cannot be forked.
func keepThreadAlive() {
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { _ in
      while true { pause() }
    }, nil)
}

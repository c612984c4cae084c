// What a body meets that cannot be a function because its argument or result cannot travel: a message that says so.
// Overload resolution comes here last: a value that becomes an optional costs it more than a result that is as declared,
// and less than a result that is discarded.

public import GantryWire

extension Function {
  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Output?
  ) where Input: Payload {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Output?
  ) where Input: Payload {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Output?
  ) where Input: Payload {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Output?
  ) where Input: Payload {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init<State>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> Output?
  ) where Input: Payload {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Output?
  ) where Input == (repeat each A) {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Output?
  ) where Input == (repeat each A) {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Output?
  ) where Input == (repeat each A) {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Output?
  ) where Input == (repeat each A) {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body whose result cannot travel; traps.
  @available(
    *, deprecated,
    message:
      "The result of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void"
  )
  @_disfavoredOverload
  public init<State, each A: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> Output?
  ) where Input == (repeat each A) {
    refuse(Output.self, CallSite(fileID, line, column))
  }

  /// Catches a body with an argument that cannot travel.
  @available(
    *, unavailable,
    message:
      "An argument of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable)"
  )
  @_disfavoredOverload
  public init<each A, Result>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Result
  ) where Input == (repeat each A), Output == Void {
    fatalError()
  }

  /// Catches a body with an argument that cannot travel.
  @available(
    *, unavailable,
    message:
      "An argument of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable)"
  )
  @_disfavoredOverload
  public init<each A, Result>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Result
  ) where Input == (repeat each A), Output == Void {
    fatalError()
  }

  /// Catches a body with an argument that cannot travel.
  @available(
    *, unavailable,
    message:
      "An argument of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable)"
  )
  @_disfavoredOverload
  public init<each A, Result>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Result
  ) where Input == (repeat each A), Output == Void {
    fatalError()
  }

  /// Catches a body with an argument that cannot travel.
  @available(
    *, unavailable,
    message:
      "An argument of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable)"
  )
  @_disfavoredOverload
  public init<each A, Result>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Result
  ) where Input == (repeat each A), Output == Void {
    fatalError()
  }

  /// Catches a body with a state and an argument that cannot travel.
  @available(
    *, unavailable,
    message:
      "An argument of this body is no Payload: conform its type to Payload (and to Codable or BitwiseCopyable)"
  )
  @_disfavoredOverload
  public init<State, each A, Result>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> Result
  ) where Input == (repeat each A), Output == Void {
    fatalError()
  }
}

private func refuse<Output>(_: Output.Type, _ site: CallSite) -> Never {
  fatalError(
    "The function at \(site) cannot run: the result of its body, \(Output.self), is no Payload. Conform its type to Payload (and to Codable or BitwiseCopyable), take the labels off a tuple, or return Void."
  )
}

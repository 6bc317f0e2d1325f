//! The diagnostic codes: number, severity, title, and the paragraph `rook explain` prints.

use super::Severity;

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $title:literal $text:literal;)*) => {
        /// What a diagnostic is about.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code { $($name,)* }

        /// Every code, by number.
        pub const ALL: &[Code] = &[$(Code::$name,)*];

        impl Code {
            /// As printed and as `rook explain` takes it.
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => $number,)* }
            }
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }
            /// One paragraph for a person who met this for the first time.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    ReaderError = "R0001" Error "the text cannot be read"
        "The reader met text that is not the printed form of any object: an unbalanced parenthesis, an unknown # syntax, a package or external symbol that does not exist. Nothing after the place in the same top-level form was looked at.";
    MalformedForm = "R0002" Error "the form does not have the shape its operator needs"
        "Special operators and the standard's defining macros have a fixed shape, for example (if test then [else]). The form has too few or too many parts, is a dotted list, or has something else than a symbol or list where one is needed.";
    MalformedLambdaList = "R0003" Error "the lambda list is wrong"
        "A lambda list holds required parameters, then &optional, &rest, &key, &allow-other-keys and &aux in this order, each at most once. Parameters are symbols that are not constants, and no name occurs twice.";
    MalformedDeclaration = "R0004" Warning "the declaration is wrong"
        "A declaration is a list whose first element is a declaration identifier: special, type, ftype, inline, notinline, ignore, ignorable, dynamic-extent, optimize, declaration, or a type specifier. Others must be announced by (declaim (declaration name)).";
    UnknownTag = "R0005" Error "there is no such tag"
        "(go tag) transfers control to a tag of a tagbody that surrounds it lexically. No tagbody around this form has the tag.";
    UnknownBlock = "R0006" Error "there is no such block"
        "(return-from name) leaves a block that surrounds it lexically. No block around this form has the name. A function defined by defun, flet, labels or defmacro has a block with the function's own name; return needs a block named nil, which do, dolist, loop and others make.";
    AssignedConstant = "R0007" Error "a constant cannot be assigned or bound"
        "nil, t, keywords and names defined by defconstant always have the same value.";
    MacroError = "R0008" Error "a macro function signalled an error"
        "The function of a macro, compiler macro or type was called to expand this form and signalled an error. Its report is part of the message.";
    NestingTooDeep = "R0009" Error "forms are nested too deeply"
        "The compiler follows the nesting of forms and bounds it, so that no program text can exhaust its stack. The usual cause is a macro that expands into a call of itself without end.";
    UnknownPrimitive = "R0010" Error "there is no such primitive"
        "%primitive and %foreign-call reach the runtime directly. The name is not in the runtime's table, or the number of arguments is not the table's.";
    NotAFunctionName = "R0011" Error "this is not a function name"
        "A function is named by a symbol or by a list (setf symbol); the first element of a form is such a symbol, a lambda expression, or a special operator or macro name.";
    MacroAsFunction = "R0012" Error "a macro or special operator is not a function"
        "#'name, funcall and declarations of functions need a function. Macros and special operators exist only at compile time.";
    UnavailableAtCompileTime = "R0013" Error "the binding does not exist at compile time"
        "The function of a local macro runs while the program is compiled. It can use the macros and symbol macros around it, but not variables and functions, which get their values only when the program runs.";
    CompileTimeError = "R0014" Error "evaluation at compile time failed"
        "The form was evaluated while compiling, because of eval-when, defmacro, defconstant or the like, and signalled an error. Its report is part of the message.";
    UnknownPackage = "R0015" Error "there is no such package"
        "in-package names a package that must exist when the form is compiled. A defpackage form earlier in the file, or a file loaded before, makes it.";
    MisplacedDeclaration = "R0016" Error "a declaration is not allowed here"
        "declare is allowed only at the start of certain bodies, before their forms. Elsewhere it would be a form to be evaluated, and it is none.";
    AbsentOperator = "R0017" Error "an operator that is not there yet"
        "The operator belongs to the standard, but this version of Rook does not have it. README.md lists what is missing. Executing the form signals an undefined-function that names the operator.";
    UnusedVariable = "R0101" StyleWarning "a variable is never used"
        "The variable is bound but never read. If that is meant, (declare (ignore variable)) says so.";
    UsedIgnored = "R0102" StyleWarning "an ignored variable is used"
        "The variable is declared ignore and nevertheless read. Declare it ignorable, or remove the declaration.";
    UndefinedVariable = "R0103" Warning "an undefined variable"
        "No binding of this name surrounds the form and no defvar, defparameter, defconstant or define-symbol-macro was seen. It is treated as a special variable.";
    UndefinedFunction = "R0104" StyleWarning "an undefined function"
        "The function is called but neither defined in what was compiled nor known to the compiling image. Calling it signals undefined-function unless a later load defines it.";
    WrongArgumentCount = "R0105" Warning "a call with a wrong number of arguments"
        "The definition of the function takes another number of arguments than this call gives. Executing the call signals a program-error.";
    Redefinition = "R0106" StyleWarning "defined twice"
        "The same name is defined twice in one file. Only the last definition is in force afterwards.";
    ConstantValue = "R0107" Note "the value of a constant is not known"
        "The initial value of a defconstant could not be computed at compile time. The name is treated as constant, its value is taken when the program runs.";
}

/// The code spelled `text`, in any case.
pub fn find(text: &str) -> Option<Code> {
    ALL.iter().copied().find(|code| code.text().eq_ignore_ascii_case(text))
}

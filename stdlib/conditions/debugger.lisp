(in-package "ROOK-KERNEL")

;;;; What happens to a condition nobody handled: INVOKE-DEBUGGER, and the outermost level of a program.
;;;; There is no interactive debugger here; one is put in place through *DEBUGGER-HOOK*.

(defvar *debugger-hook* nil)

;;; Called with the condition when *DEBUGGER-HOOK* did not take it; must not return.
(defvar *fatal-error-function* nil)

(defun invoke-debugger (condition)
  (when *debugger-hook*
    (let ((hook *debugger-hook*))
      (let ((*debugger-hook* nil))
        (funcall hook condition hook))))
  (when *fatal-error-function*
    (let ((function *fatal-error-function*))
      (let ((*fatal-error-function* nil))
        (funcall function condition))))
  (%fatal-error condition))

;;; Exit codes.
(defconstant +exit-error+ 1)
(defconstant +exit-interrupt+ 130)

(defun %exit (code)
  ;; Ends the process, with what was written to the standard streams put out.
  (ignore-errors (finish-output *standard-output*))
  (ignore-errors (finish-output *error-output*))
  (%primitive exit-process code))

(defun %signalling-frame-p (frame)
  ;; Whether FRAME is part of how a condition gets to the debugger.
  (search "conditions/" (or (second frame) "")))

(defun %toplevel-frame-p (frame)
  (and (search "%TOPLEVEL" (first frame)) (search "conditions/debugger" (or (second frame) ""))))

(defun %program-frames (frames)
  ;; FRAMES without what called the program: the last of them, and the driver's own function.
  (let* ((end (position-if #'%toplevel-frame-p frames))
         (frames (if end (subseq frames 0 end) frames))
         (outermost (car (last frames))))
    (if (and end (equal (first outermost) "LAMBDA") (equal (second outermost) ""))
        (butlast frames)
        frames)))

(defun %write-backtrace (stream)
  (let ((frames (%primitive backtrace-list 60)))
    (do () ((not (and frames (%signalling-frame-p (first frames)))))
      (pop frames))
    (do ((rest (%program-frames frames) (cdr rest))
         (n 0 (1+ n)))
        ((or (null rest) (= n 30))
         (when rest
           (%write-text stream "  ... ~D more~%" (length rest))))
      (%write-frame n (car rest) stream))))

(defun %write-frame (n frame stream)
  ;; FRAME is a list of function name, file, line and column.
  (destructuring-bind (name &optional file line column) frame
    (%write-text stream "  ~D: ~A" n name)
    (when (and file (string/= file "")) (%write-text stream " (~A:~D:~D)" file line column))
    (terpri stream)))

(defun %write-fatal-report (condition stream)
  (let ((*package* (find-package "COMMON-LISP-USER")))
    (fresh-line stream)
    (write-string "error: " stream)
    (let ((name (%layout-name (%layout-of condition))))
      ;; Classes that the library does not export are its own matter, their names still say something.
      (if (eq (symbol-package name) (symbol-package '%write-fatal-report))
          (princ (symbol-name name) stream)
          (prin1 name stream)))
    (write-string ": " stream)
    (handler-case (princ condition stream)
      (error () (write-string "(the report of the condition failed)" stream)))
    (terpri stream)))

(defun %with-safe-printing (function)
  ;; Printing settings of the program must not make the last words fail.
  (let ((*print-readably* nil)
        (*print-circle* nil)
        (*print-length* 50)
        (*print-level* 10)
        (*print-pretty* nil)
        (*print-base* 10)
        (*print-radix* nil))
    (funcall function)))

(defun %report-fatal-error (condition)
  (ignore-errors (finish-output *standard-output*))
  (%with-safe-printing
   (lambda ()
     ;; Where the report itself cannot be written, nothing is left to say.
     (handler-case (progn (%write-fatal-report condition *error-output*)
                          (%write-backtrace *error-output*))
       (error () nil)))))

(defun %fatal-error (condition)
  ;; Where C code embeds Lisp, the error ends what C called, not the process.
  (let ((interrupt (%instance-of-p condition 'ext:interrupt)))
    (unless (or interrupt (%primitive c-gets-condition-p))
      (%report-fatal-error condition))
    (%primitive return-to-c condition)
    (%exit (if interrupt +exit-interrupt+ +exit-error+))))

(defun %leave (code)
  ;; Ends the program; cleanups on the way to its outermost level are run.
  (if (%primitive catch-tag-active-p '%toplevel)
      (throw '%toplevel code)
      (%exit code)))

(defun %toplevel (thunk)
  ;; Runs a program. ABORT ends it with the code of an error.
  (%exit (catch '%toplevel
           (restart-case
               (progn (funcall thunk) 0)
             (abort ()
               :report "Exit from the program."
               +exit-error+)))))

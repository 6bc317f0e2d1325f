(in-package "ROOK-KERNEL")

;;;; The read-eval-print loop and its debugger: one level of the loop for each error, with the restarts
;;;; by number. Lines of a terminal come from the driver, which edits them; a pipe is read as a stream.

(defvar - nil)
(defvar + nil)
(defvar ++ nil)
(defvar +++ nil)
(defvar * nil)
(defvar ** nil)
(defvar *** nil)
(defvar / nil)
(defvar // nil)
(defvar /// nil)

(defvar *repl-level* 0)
(defvar *repl-text* "")
(defvar *repl-end* (list nil))

(defun %repl-package-name ()
  (let ((best (package-name *package*)))
    (dolist (name (package-nicknames *package*) best)
      (when (< (length name) (length best)) (setq best name)))))

(defun %repl-prompt ()
  (if (plusp *repl-level*)
      (format nil "~A[~D]> " (%repl-package-name) *repl-level*)
      (format nil "~A> " (%repl-package-name))))

(defun %repl-read-stream ()
  (format t "~&~A" (%repl-prompt))
  (finish-output)
  (let ((form (read *standard-input* nil *repl-end*)))
    ;; What a form reads begins on the next line.
    (when (and (listen *standard-input*) (eql (peek-char nil *standard-input* nil) #\Newline))
      (read-char *standard-input*))
    form))

(defun %repl-read-terminal ()
  (let ((prompt (%repl-prompt)))
    (fresh-line)
    (loop
      (let ((text *repl-text*) (complete t))
        (setq *repl-text* "")
        (multiple-value-bind (form end)
            (handler-case (read-from-string text nil *repl-end*)
              (end-of-file () (setq complete nil) (values *repl-end* 0)))
          (unless (eq form *repl-end*)
            (setq *repl-text* (subseq text end))
            (return form)))
        (finish-output)
        (let ((line (%primitive compiler-request 'read-line (list (if complete prompt "  ")))))
          (cond ((null line) (return *repl-end*))
                ((eq line t))
                (complete (setq *repl-text* line))
                (t (setq *repl-text* (concatenate 'string text (string #\Newline) line)))))))))

(defun %repl-evaluate (form)
  (setq - form)
  (let ((values (multiple-value-list
                 (funcall (%primitive compiler-request 'compile-reporting (list form))))))
    (setq +++ ++ ++ + + form)
    (setq /// // // / / values)
    (setq *** ** ** * * (first values))
    (fresh-line)
    (if values
        (dolist (value values) (format t "~S~%" value))
        (format t "; No values~%"))))

(defun %repl-help ()
  (format t "~&~:[~;NUMBER         take the restart with the number~%~
             :bt            show the functions that were being called~%~
             :abort         go back one level~%~]~
             :q             ~:[end~;go back to the top level~]~%~
             :help          show this~%" (plusp *repl-level*) (plusp *repl-level*)))

(defun %repl-take-restart (number restarts)
  (if (< number (length restarts))
      (invoke-restart-interactively (nth number restarts))
      (format t "~&There is no restart ~D.~%" number)))

(defun %repl-step (form restarts)
  ;; Does what FORM says; true at the end of the input.
  (let ((in-debugger (plusp *repl-level*)))
    (cond ((eq form *repl-end*) t)
          ((and in-debugger (typep form '(integer 0))) (%repl-take-restart form restarts) nil)
          ((eq form :q) (if in-debugger (throw '%repl-top nil) t))
          ((and in-debugger (eq form :abort)) (abort))
          ((and in-debugger (eq form :bt)) (%write-backtrace *standard-output*) nil)
          ((eq form :help) (%repl-help) nil)
          (t (%repl-evaluate form) nil))))

(defun %repl-level (restarts &aux (level *repl-level*))
  (loop
    (restart-case
        (let ((*fatal-error-function* #'%repl-debugger))
          (when (%repl-step (if (%primitive compiler-request 'terminal-p nil)
                                (%repl-read-terminal)
                                (%repl-read-stream))
                            restarts)
            (return nil)))
      (abort ()
        :report (lambda (stream)
                  (if (plusp level)
                      (format stream "Return to level ~D of the debugger." level)
                      (write-string "Return to the top level." stream)))
        nil))))

(defun %repl-debugger (condition)
  (let ((*repl-level* (1+ *repl-level*))
        (restarts (compute-restarts condition))
        (number -1))
    (finish-output *standard-output*)
    (%with-safe-printing
     (lambda ()
       (%write-fatal-report condition *standard-output*)
       (dolist (restart restarts)
         (format t "  ~2D: [~A] ~A~%" (incf number) (restart-name restart)
                 (handler-case (princ-to-string restart) (error () "(its report failed)"))))
       (when (= *repl-level* 1)
         (format t "Type a number to take a restart, :q to leave, :help for more.~%"))))
    (%repl-level restarts)
    ;; The input ended here: a script in a pipe has failed, a person wants to go back.
    (if (%primitive compiler-request 'terminal-p nil) (abort) (%leave +exit-error+))))

(defun %repl ()
  (when (%primitive compiler-request 'terminal-p nil)
    (format t "Rook ~A. :help shows commands, :q ends.~%" (lisp-implementation-version)))
  (loop
    (catch '%repl-top
      (%repl-level '())
      (fresh-line)
      (return nil))
    (setq *repl-text* "")))

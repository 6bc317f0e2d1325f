;;;; Runs one chapter of a checkout of the public suite ansi-test, form by form, without CLOS.
;;;;
;;;; The environment variables ANSI_CHECKOUT, ANSI_CHAPTER and ANSI_SKIP name the checkout, the chapter
;;;; and a file of names of tests to leave out. What happens is written to standard output in lines
;;;; that begin with @@: LOAD file, SKIPPED form, START test, PASS test, FAIL test, DONE.

(make-package "REGRESSION-TEST" :use '("COMMON-LISP") :nicknames '("RTEST" "RT"))
(make-package "CL-TEST" :use '("COMMON-LISP" "REGRESSION-TEST"))
(shadow '("HANDLER-CASE" "HANDLER-BIND") "CL-TEST")

(dolist (name '("*COMPILE-TESTS*" "*DO-TESTS-WHEN-DEFINED*" "*TEST*" "DEFTEST" "DO-TEST" "DO-TESTS" "DEFNOTE"
                "MY-AREF" "*CATCH-ERRORS*" "DISABLE-NOTE" "REM-TEST" "*EXPECTED-FAILURES*"))
  (let ((package (find-package "REGRESSION-TEST")))
    (export (intern name package) package)))

;; Without CLOS, the names of classes stand for classes, so that tests of types are not lost.
(unless (fboundp 'find-class)
  (eval '(defun find-class (name &optional (errorp t) environment)
          (declare (ignore environment))
          (cond ((handler-case (progn (typep nil name) t) (error () nil)) name)
                (errorp (error "There is no class ~S." name)))))
  (eval '(defun class-of (object)
          (let ((type (type-of object)))
            (cond ((stringp object) 'string)
                  ((bit-vector-p object) 'bit-vector)
                  ((consp type) (case (car type) (simple-vector 'vector) (simple-array 'array) (t (car type))))
                  (t type)))))
  (eval '(defun class-name (class) class)))

;; What the suite's loader defines; its compiled files are only loaded here.
(defun compile-and-load (file &key force)
  (declare (ignore file force)))
(import 'compile-and-load "CL-TEST")

(eval '(in-package "REGRESSION-TEST"))

(in-package "REGRESSION-TEST")

(defvar *test* nil "The name of the test that runs.")
(defvar *compile-tests* nil)
(defvar *catch-errors* t)
(defvar *tests* '() "The tests read so far as lists (name form . expected values), last first.")
(defvar *report* *standard-output*)
(defvar *checkout* (ext:getenv "ANSI_CHECKOUT"))
(defvar *verbose* (ext:getenv "ANSI_VERBOSE"))
(defvar *skipped* (make-hash-table :test 'equal) "The names that ANSI_SKIP lists.")

(defun report (what name)
  (let ((*print-pretty* nil) (*print-length* 8) (*print-level* 4) (*print-circle* t) (*print-readably* nil)
        (*print-base* 10) (*print-radix* nil) (*print-case* :upcase) (*print-escape* t))
    (format *report* "~%@@~A ~A~%" what name))
  (finish-output *report*))

(defun note-condition (what condition)
  (report what (handler-case (substitute #\Space #\Newline (format nil "~S: ~A" (type-of condition) condition))
                 (serious-condition () (type-of condition)))))

(defmacro deftest (name &rest body)
  ;; Keywords before the form are properties of the test, in pairs.
  (loop while (keywordp (first body)) do (setq body (cddr body)))
  `(push '(,name ,@body) *tests*))

(defmacro defnote (name contents &optional disabled)
  (declare (ignore name contents disabled))
  nil)

(defun disable-note (note)
  (declare (ignore note))
  nil)

(defun my-aref (array &rest subscripts)
  (apply #'aref array subscripts))

(defun same-p (x y)
  ;; Whether the value X is the expected value Y: like EQUALP, but characters must be the same, and
  ;; so must the types of numbers.
  (cond ((eql x y) t)
        ((and (consp x) (consp y))
         (and (same-p (car x) (car y)) (same-p (cdr x) (cdr y))))
        ((and (vectorp x) (vectorp y))
         (and (= (length x) (length y))
              (dotimes (i (length x) t)
                (unless (same-p (aref x i) (aref y i)) (return nil)))))
        ((and (arrayp x) (arrayp y))
         (and (equal (array-dimensions x) (array-dimensions y))
              (dotimes (i (array-total-size x) t)
                (unless (same-p (row-major-aref x i) (row-major-aref y i)) (return nil)))))
        ((and (pathnamep x) (pathnamep y)) (equal x y))
        ((and (floatp x) (floatp y) (zerop x) (zerop y)) (eql (abs x) (abs y)))
        (t nil)))

(defun run-test (name form expected)
  (let ((values (handler-case
                    (handler-bind ((style-warning #'muffle-warning))
                      (multiple-value-list (eval form)))
                  (serious-condition (condition)
                    (when *verbose* (note-condition "CONDITION" condition))
                    'failed))))
    (when (and *verbose* (not (eq values 'failed)) (not (same-p values expected)))
      (report "VALUES" (handler-case (substitute #\Space #\Newline (format nil "~S instead of ~S" values expected))
                         (serious-condition () "unprintable"))))
    (report (if (and (not (eq values 'failed)) (same-p values expected)) "PASS" "FAIL") name)))

(defun tests-in-order ()
  ;; A test that is defined again replaces the former one.
  (let ((seen (make-hash-table :test 'equal)) (result '()))
    (dolist (test *tests* result)
      (let ((name (princ-to-string (first test))))
        (unless (or (gethash name seen) (gethash name *skipped*))
          (push test result))
        (setf (gethash name seen) t)))))

(defun load-file (name)
  ;; Evaluates the forms of a file of the checkout one by one; one that fails is left out.
  (report "LOAD" name)
  (let* ((path (concatenate 'string *checkout* "/" name))
         (*package* *package*)
         (*load-pathname* (pathname path))
         (*load-truename* (truename path)))
    (with-open-file (stream path)
      (loop
        (let ((form (handler-case (read stream nil stream)
                      (error (condition)
                        (note-condition (format nil "SKIPPED the rest of ~A:" name) condition)
                        stream))))
          (when (eq form stream) (return))
          (handler-case (handler-bind ((warning #'muffle-warning)) (eval form))
            (error (condition)
              (note-condition (format nil "SKIPPED in ~A ~S:" name
                                      (if (consp form) (if (consp (cdr form)) (list (car form) (cadr form)) form) form))
                              condition))))))))

(defun load-chapter (directory loader)
  ;; Loads what the file LOADER of the DIRECTORY would.
  (let ((*package* *package*))
    (with-open-file (stream (concatenate 'string *checkout* "/" directory "/" loader))
      (labels ((walk (form)
                 (cond ((atom form))
                       ((and (symbolp (car form))
                             (member (car form) '("LOAD" "LOAD-HERE" "COMPILE-AND-LOAD") :test #'string=)
                             (consp (cdr form)) (stringp (cadr form)))
                        (visit (cadr form)))
                       (t (loop while (consp form) do (walk (pop form))))))
               (visit (name)
                 (let ((auxiliary (search "AUX;" name))
                       (slash (position #\/ name)))
                   (cond (auxiliary
                          (load-file (concatenate 'string "auxiliary/" (subseq name (+ auxiliary 4)))))
                         ((and slash (string= (subseq name (1+ slash)) "load.lsp"))
                          (load-chapter (concatenate 'string directory "/" (subseq name 0 slash)) "load.lsp"))
                         ;; Names in a folder of a chapter are relative to either.
                         ((and slash (eql (search (subseq name 0 slash) directory) (- (length directory) slash)))
                          (load-file (concatenate 'string directory (subseq name slash))))
                         (t (load-file (concatenate 'string directory "/" name)))))))
        (loop
          (let ((form (read stream nil stream)))
            (when (eq form stream) (return))
            (if (and (consp form) (eq (car form) 'in-package))
                (eval form)
                (walk form))))))))

(defun common-files ()
  (let ((*package* *package*))
    (setq *package* (find-package "CL-TEST"))
    (export (mapcar (lambda (name) (intern name "CL-TEST"))
                    '("RANDOM-FROM-SEQ" "RANDOM-CASE" "COIN" "RANDOM-PERMUTE" "*UNIVERSE*" "*MINI-UNIVERSE*"
                      "*CL-SYMBOLS*" "SIGNALS-ERROR" "TYPEF"))
            "CL-TEST")
    ;; What the suite defines by means of CLOS and needs for its list of objects of every kind.
    (eval (read-from-string "(progn (defun meaningless-user-generic-function-for-universe (x y z) (+ x y z))
                                    (defvar *methods* '()) (defvar *classes* '()))"))
    (mapc #'load-file '("auxiliary/ansi-aux-macros.lsp" "universe.lsp" "auxiliary/random-aux.lsp"
                        "auxiliary/ansi-aux.lsp" "cl-symbol-names.lsp" "notes.lsp"))))

(defun run-chapter (chapter)
  (let ((skip (ext:getenv "ANSI_SKIP")))
    (when (and skip (probe-file skip))
      (with-open-file (stream skip)
        (loop for line = (read-line stream nil) while line do (setf (gethash line *skipped*) t)))))
  (setf (logical-pathname-translations "ANSI-TESTS")
        (list (list "AUX;*.*.*" (pathname (concatenate 'string *checkout* "/auxiliary/")))))
  (common-files)
  (let ((*package* (find-package "CL-TEST")))
    (load-chapter chapter "load.lsp")
    (let ((*default-pathname-defaults* (truename "sandbox/"))
          (*error-output* (make-broadcast-stream))
          (only (ext:getenv "ANSI_ONLY")))
      (dolist (test (tests-in-order))
        (destructuring-bind (name form &rest expected) test
          (unless (and only (string/= only (princ-to-string name)))
            (report "START" name)
            (setq *test* name)
            (run-test name form expected))))))
  (report "DONE" chapter))

(run-chapter (ext:getenv "ANSI_CHAPTER"))

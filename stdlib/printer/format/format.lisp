(in-package "ROOK-KERNEL")

;;;; FORMAT, FORMATTER, and the expansion of calls with simple constant control strings.

(defun %format-to-stream (stream control arguments)
  (%run-control control stream arguments)
  nil)

(defun format (destination control-string &rest format-arguments)
  (unless (or (stringp control-string) (functionp control-string))
    (error 'type-error :datum control-string :expected-type '(or string function)))
  (cond ((null destination)
         (let ((stream (make-string-output-stream)))
           (%format-to-stream stream control-string format-arguments)
           (get-output-stream-string stream)))
        ((eq destination t) (%format-to-stream *standard-output* control-string format-arguments))
        ((stringp destination)
         (unless (and (arrayp destination) (array-has-fill-pointer-p destination))
           (error 'simple-type-error
                  :datum destination :expected-type '(and string (satisfies array-has-fill-pointer-p))
                  :format-control "~S has no fill pointer." :format-arguments (list destination)))
         (let ((stream (make-string-output-stream)))
           (%format-to-stream stream control-string format-arguments)
           (%append-to-fill-pointer destination (get-output-stream-string stream))
           nil))
        (t (%format-to-stream destination control-string format-arguments))))

(defmacro formatter (control-string)
  (let ((stream (gensym "STREAM")) (arguments (gensym "ARGUMENTS")))
    (%parse-format-string control-string)
    `(lambda (,stream &rest ,arguments)
       (%run-control ,control-string ,stream ,arguments))))

;;; A call with a constant control string becomes direct calls when all its directives are plain
;;; ~A ~S ~D ~C ~% ~& or ~~ and the number of arguments fits.

(defun %simple-format-item-p (item)
  (or (stringp item)
      (and (null (%directive-parameters item))
           (not (%directive-colon item))
           (not (%directive-at item))
           (%memq (%directive-char item) '(#\A #\S #\D #\C #\% #\& #\~))
           t)))

(defun %format-item-argument-p (item)
  (and (%directive-p item)
       (%memq (%directive-char item) '(#\A #\S #\D #\C))
       t))

(defun %format-item-form (item stream argument)
  (if (stringp item)
      (if (= (length item) 1)
          `(%write-char ,(char item 0) ,stream)
          `(%write-simple-string ,item ,stream))
      (case (%directive-char item)
        (#\A `(princ ,argument ,stream))
        (#\S `(prin1 ,argument ,stream))
        (#\D `(%format-integer ,stream ,argument 10 nil nil nil nil nil nil))
        (#\C `(write-char ,argument ,stream))
        (#\% `(%write-char #\Newline ,stream))
        (#\& `(%stream-fresh-line ,stream))
        (t `(%write-char #\~ ,stream)))))

(defun %simple-format-items (control argument-count)
  ;; The items of CONTROL when its expansion is direct, else NIL.
  (let ((items (handler-case (%parse-format-string control)
                 (format-error () nil))))
    (if (and items
             (every #'%simple-format-item-p items)
             (= (count-if #'%format-item-argument-p items) argument-count))
        items
        nil)))

(defun %format-body (items stream variables)
  (mapcar (lambda (item)
            (if (%format-item-argument-p item)
                (%format-item-form item stream (pop variables))
                (%format-item-form item stream nil)))
          items))

(define-compiler-macro format (&whole form destination control &rest arguments)
  (let ((items (and (simple-string-p control)
                    (%memq destination '(nil t))
                    (%simple-format-items control (length arguments)))))
    (if (null items)
        form
        (let* ((stream (gensym "STREAM"))
               (variables (mapcar (lambda (argument) (declare (ignore argument)) (gensym "ARGUMENT"))
                                  arguments)))
          `(let (,@(mapcar #'list variables arguments)
                 (,stream ,(if destination '*standard-output* '(make-string-output-stream))))
             ,@(%format-body items stream variables)
             ,(if destination nil `(get-output-stream-string ,stream)))))))
